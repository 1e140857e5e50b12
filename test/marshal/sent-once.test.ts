import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Pool } from 'manycore'
import type { Payload } from '#dist/codec/payload.js'
import { createMarshal } from '#dist/marshal/create-marshal.js'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Bytes that stay in use, here or in the worker. */
function heapOf(run: (() => void) | undefined): number {
  run?.()
  run?.()
  return process.memoryUsage().heapUsed
}

// A function and what it captured take more than 1 KB, ten thousand of them 10 MB. What coverage counts is on the heap too.
const MOST_GROWTH = process.env['NODE_V8_COVERAGE'] === undefined ? 3_000_000 : 8_000_000

describe('a function that is sent again', () => {
  it('ten thousand times is one function there, and neither side grows', async () => {
    await using pool = new Pool({ processes: 1, execArgv: ['--expose-gc'] })
    const factor = 3
    const table = new Map([[1, 'one']])
    const times = (x: number): [number, number] => {
      const seen = ((globalThis as { seen?: Set<unknown> }).seen ??= new Set())
      seen.add(table)
      return [x * factor, seen.size]
    }
    const heapThere = (): number => {
      const { gc } = globalThis
      gc?.()
      return process.memoryUsage().heapUsed
    }
    const send = async (count: number): Promise<[number, number]> => {
      let last: [number, number] = [0, 0]
      for (let i = 0; i < count; i++) last = await pool.apply(times, [i])
      return last
    }
    await send(500)
    const [here, there] = [heapOf(collect), await pool.apply(heapThere)]
    const [product, tables] = await send(10_000)
    assert.equal(product, 9_999 * 3)
    assert.equal(tables, 1, 'the captured Map was sent once')
    assert.ok(heapOf(collect) - here < MOST_GROWTH, `here ${heapOf(collect) - here} bytes more`)
    const grown = (await pool.apply(heapThere)) - there
    assert.ok(grown < MOST_GROWTH, `there ${grown} bytes more`)
  })

  it('keeps its own state in that worker from one task to the next', async () => {
    await using pool = new Pool({ processes: 1 })
    let calls = 0
    const count = (): number => ++calls
    assert.deepEqual([await pool.apply(count), await pool.apply(count), await pool.apply(count)], [1, 2, 3])
    assert.equal(calls, 0)
  })

  it('is captured again when what it captured has changed', async () => {
    await using pool = new Pool({ processes: 1 })
    let base = 1
    const add = (x: number): number => x + base
    assert.equal(await pool.apply(add, [1]), 2)
    base = 10
    assert.equal(await pool.apply(add, [1]), 11)
  })
})

describe('functions that are always new', () => {
  it('are given up by both sides when they are many, and both agree on what is sent again', () => {
    const [here, there] = [createMarshal(), createMarshal()]
    const send = (payload: Payload): unknown => (there.decode(payload) as () => unknown)()
    // oxlint-disable-next-line typescript/no-implied-eval -- a text that nobody has seen
    const made = (n: number): unknown => new Function(`return ${n} // ${'long '.repeat(100_000)}`)
    const [often, once] = [(): number => -1, (): number => -2]
    const texts: number[] = []
    send(here.encode(once, 'fn'))
    const without = here.encode(once, 'fn')
    assert.equal(send(without), -2)
    for (let n = 0; n < 10; n++) {
      assert.equal(send(here.encode(made(n), 'fn')), n)
      const again = here.encode(often, 'fn')
      if (again.body.length > without.body.length + 10) texts.push(n)
      assert.equal(send(again), -1)
    }
    assert.equal(texts.length, 2, `sent after ${String(texts)}`)
    assert.throws(() => send(without), { code: 'MC_VALUE_UNREADABLE' })
  })
})

describe('a class', () => {
  it('that is sent twice is one class there', async () => {
    await using pool = new Pool({ processes: 1 })
    class Point {
      x = 1
    }
    const keep = (one: Point): number => {
      const classes = ((globalThis as { classes?: Set<unknown> }).classes ??= new Set())
      return classes.add(one.constructor).size
    }
    await pool.apply(keep, [new Point()])
    assert.equal(await pool.apply((one: Point) => [keep(one), one instanceof Point].join(), [new Point()]), '1,true')
  })

  it('of a factory in a loop is given up, here and there', async () => {
    await using pool = new Pool({ processes: 1, execArgv: ['--expose-gc'] })
    const make = (i: number): { size(): number } => {
      class Made {
        readonly payload = `${i}`.repeat(2_000)
        static readonly ballast = new Array(500).fill(i)
        size(): number {
          return this.payload.length
        }
      }
      return new Made()
    }
    const heapThere = (): number => {
      globalThis.gc?.()
      return process.memoryUsage().heapUsed
    }
    const send = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) await pool.apply((one: { size(): number }) => one.size(), [make(i)])
    }
    await send(1_200)
    const [here, there] = [heapOf(collect), await pool.apply(heapThere)]
    await send(1_500)
    const [grownHere, grownThere] = [heapOf(collect) - here, (await pool.apply(heapThere)) - there]
    assert.ok(grownHere < 4_000_000, `here ${grownHere} bytes more`)
    assert.ok(grownThere < 4_000_000, `there ${grownThere} bytes more`)
  })
})
