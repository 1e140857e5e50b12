import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { shipFunction } from '#dist/marshal/functions.js'
import { createMarshal } from '#dist/marshal/create-marshal.js'
import { callsImpure, fibonacci, half } from '../fixtures/pure-and-impure.js'

const factor = 3
const helper = (n: number): number => n * factor
let changing = 1
const counter = { n: 0 }

describe('shipFunction()', () => {
  it('captures a function with what it uses', async () => {
    const fn = (await createMarshal().decode(shipFunction((n: number) => helper(n) + 1).payload)) as typeof helper
    assert.equal(fn(2), 7)
  })

  it('takes a name for that of the outer function where one is declared in a block of strict code', async () => {
    const late = (): string => 'outer'
    const fn = (): string => {
      {
        late()
        function late(): string {
          return 'inner'
        }
      }
      return late()
    }
    assert.equal(fn(), 'outer')
    assert.equal(((await createMarshal().decode(shipFunction(fn).payload)) as typeof fn)(), 'outer')
  })

  it('refuses code that uses a private name of the class around it, and takes what has private names of its own', async () => {
    class Outer {
      #outer = 1
      static readers(): ((of: Outer) => unknown)[] {
        class Inner {
          #inner = 2
          read(of: Outer): number {
            return this.#inner + of.#outer
          }
        }
        const reads = (of: Outer): boolean => {
          class Own {
            #own = 2
            has(other: object): boolean {
              return #own in other
            }
          }
          return new Own().has(of) || of.#outer > 0
        }
        return [reads, (of) => new Inner().read(of)]
      }
    }
    for (const fn of Outer.readers())
      assert.throws(() => shipFunction(fn), {
        code: 'MC_FUNCTION_UNSENDABLE',
        message: /uses the private name #outer of/,
      })
    const has = (): boolean => {
      class Own {
        #$own$ = 2
        has(other: object): boolean {
          return #$own$ in other
        }
      }
      const own = new Own()
      return own.has(own)
    }
    assert.equal(((await createMarshal().decode(shipFunction(has).payload)) as typeof has)(), true)
  })

  it('gives the same function the same id as long as nothing that it captured changed', () => {
    const fn = (n: number): number => n + changing
    const first = shipFunction(fn)
    assert.equal(shipFunction(fn), first)
    changing++
    const second = shipFunction(fn)
    assert.notEqual(second.id, first.id)
    assert.equal(shipFunction(fn), second)
  })

  it('sees that an object it captured was changed, however often it was shipped before', () => {
    const fn = (): number => counter.n
    const ids = [shipFunction(fn), shipFunction(fn), shipFunction(fn)].map(({ id }) => id)
    counter.n++
    assert.equal(new Set(ids).size, 1)
    assert.notEqual(shipFunction(fn).id, ids[0])
  })

  it('gives functions without state one id for one content, such as those that a loop makes', () => {
    const make = (): ((n: number) => number) => (n) => helper(n) * 7
    assert.equal(shipFunction(make()).id, shipFunction(make()).id)
  })

  it('gives two functions with state of their own two ids, though they look the same', () => {
    const make = (): (() => number) => {
      let count = 0
      return () => ++count
    }
    assert.notEqual(shipFunction(make()).id, shipFunction(make()).id)
  })

  it('tells which functions are pure', () => {
    assert.equal(shipFunction((n: number) => helper(n) ** 2).pure, true)
    assert.equal(shipFunction((n: number) => Math.sqrt(n)).pure, true)
    assert.equal(shipFunction(() => console.log()).pure, false)
    assert.equal(shipFunction(() => process.pid).pure, false)
    const counting = shipFunction(() => ++counter.n)
    assert.deepEqual([counting.pure, counting.keepsState], [true, true])
    const splitting = shipFunction((text: string) => text.split(',').map(Number))
    assert.deepEqual([splitting.pure, splitting.keepsState], [true, false])
  })

  it('ten thousand times neither captures again nor keeps memory', () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const fn = (n: number): number => helper(n) - 1
    const { payload, id } = shipFunction(fn)
    for (let i = 0; i < 10; i++) shipFunction(fn)
    collect()
    const before = process.memoryUsage().heapUsed
    for (let i = 0; i < 10_000; i++) assert.equal(shipFunction(fn).payload, payload)
    collect()
    const grown = process.memoryUsage().heapUsed - before
    assert.equal(shipFunction(fn).id, id)
    // What V8 compiles meanwhile counts, 240 kB on a busy machine; the least that a call could keep is 64 bytes.
    assert.ok(grown < 500_000, `${grown} bytes`)
  })

  it('tells with the second call only whether an export is pure, where there may be no second', () => {
    const once = { maybeOnce: true }
    const first = shipFunction(half, once)
    assert.equal(first.pure, false)
    const second = shipFunction(half, once)
    assert.deepEqual({ ...second, id: 0 }, { ...first, id: 0, pure: true })
    assert.notEqual(second.id, first.id)
    assert.equal(shipFunction(half), second)
    const impure = shipFunction(callsImpure, once)
    assert.equal(shipFunction(callsImpure), impure)
    assert.equal(shipFunction(fibonacci).pure, true)
  })

  it('refuses what cannot travel, naming the function, the variable and the way out', () => {
    const pending = Promise.resolve(1)
    assert.throws(() => shipFunction(async () => pending), {
      code: 'MC_FUNCTION_UNSENDABLE',
      message: /its variable `pending` is a Promise\. Await it before the call\./,
    })
    assert.throws(() => shipFunction('x' as never), { code: 'MC_ARGUMENT_INVALID' })
  })
})

describe('define() and release()', () => {
  it('send a function to a peer once, and again only after it was released', () => {
    const marshal = createMarshal()
    const fn = shipFunction((n: number) => n)
    assert.equal(marshal.define(fn)?.fn, fn.id)
    assert.equal(marshal.define(fn), undefined)
    assert.equal(marshal.release(fn)?.fn, fn.id)
    assert.equal(marshal.release(fn), undefined)
    assert.equal(marshal.define(fn)?.payload, fn.payload)
    assert.equal(createMarshal().define(fn)?.fn, fn.id)
  })
})
