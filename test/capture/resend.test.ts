import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { openRoundTrip } from './support/round-trip.ts'

const echo = <T>(value: T): T => value

/** What came from another process goes on as it came: the process in the middle has neither its module nor its variables. */
describe('a function that was rebuilt can be sent on', () => {
  const peer = openRoundTrip()
  after(() => peer.close())

  it('with import() and import.meta, resolved as where it was written', async () => {
    const load = async (): Promise<unknown[]> => [
      (await import('./cases/shapes.ts')).area(2, 3),
      import.meta.url,
      import.meta.resolve('./cases/shapes.ts').split('/').at(-1),
    ]
    const here = await load()
    assert.deepEqual(await (await peer.call(echo, load))(), here)
    const again = await peer.call(echo, await peer.call(echo, load))
    assert.deepEqual(await peer.call((fn: typeof load) => fn(), again), here)
  })

  it('with the state that it has by now', async () => {
    let count = 1
    const counter = { up: (): number => ++count, read: (): number => count }
    const back = await peer.call((given: typeof counter) => {
      given.up()
      return given
    }, counter)
    assert.deepEqual([back.up(), back.read(), count], [3, 3, 1])
  })

  it('with `this` of an arrow function, `super` of a method, and what it was bound to', async () => {
    class Base {
      label(): string {
        return 'base'
      }
    }
    class Derived extends Base {
      name = 'derived'
      override label = (): string => `${this.name} arrow`
      method(): string {
        return `${super.label()} ${this.name}`
      }
    }
    const derived = new Derived()
    const given = { bound: derived.method.bind(derived), derived }
    const back = await peer.call(echo, given)
    assert.deepEqual(
      [back.derived.label(), back.bound(), back.derived.method()],
      ['derived arrow', 'base derived', 'base derived'],
    )
    assert.ok(back.derived instanceof Derived)
  })

  it('with what could not travel, which still tells why', async () => {
    const sealed = { pending: Promise.resolve(1), name: 'x', read: (): unknown => sealed.pending }
    const outer = (): (() => unknown) => sealed.read
    const back = await peer.call((given: typeof outer) => given(), outer)
    assert.throws(back, { code: 'MC_FUNCTION_UNSENDABLE', message: /is a Promise/ })
  })

  it('with a class that the worker defines, which is the same class each time', async () => {
    const make = (): unknown => {
      class Local {
        readonly n = 1
      }
      Reflect.set(globalThis, 'LocalClass', Local)
      return new Local()
    }
    const first = (await peer.call(make)) as object
    const second = (await peer.call(() => new (Reflect.get(globalThis, 'LocalClass') as new () => object)())) as object
    assert.equal(first.constructor, second.constructor)
    assert.equal(
      await peer.call((one: object) => one instanceof (Reflect.get(globalThis, 'LocalClass') as never), first),
      true,
    )
  })

  it('with functions that a rebuilt function makes', async () => {
    let base = 10
    const make =
      (step: number): (() => number) =>
      () =>
        (base += step)
    const add = await peer.call(make, 5)
    assert.deepEqual([add(), add(), base], [15, 20, 10])
  })
})
