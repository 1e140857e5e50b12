import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { captureGraph, sentCodeOf } from '#dist/capture/capture.js'
import type { Graph } from '#dist/capture/graph.js'
import { rebuildGraph } from '#dist/capture/rebuild.js'

const makeAdder =
  (n: number): ((x: number) => number) =>
  (x) =>
    x + n

describe('one capture', () => {
  it('gives equal graphs and one text for functions of the same code', () => {
    const [a, b] = [captureGraph(makeAdder(1)), captureGraph(makeAdder(2))]
    assert.deepEqual(a.units, b.units)
    assert.notDeepEqual(a.nodes, b.nodes)
    assert.deepEqual(captureGraph(makeAdder(1)).nodes, a.nodes)
  })

  it('needs the texts that the receiver is to keep no second time, until those are to be kept anew', () => {
    const [peer, other] = [{}, {}]
    const graphOf = (fn: (x: number) => unknown, parts: Partial<Graph>): Graph => ({
      ...structuredClone(captureGraph(fn)),
      ...parts,
    })
    const without = (): Graph => graphOf(makeAdder(4), { units: [], keep: 'more' })
    rebuildGraph(graphOf(makeAdder(3), {}), { peer })
    assert.throws(() => rebuildGraph(without(), { peer }), { code: 'MC_VALUE_UNREADABLE' }, 'it was not to be kept')
    rebuildGraph(graphOf(makeAdder(3), { keep: 'more' }), { peer })
    assert.equal((rebuildGraph(without(), { peer }) as (x: number) => number)(1), 5)
    assert.throws(() => rebuildGraph(without(), { peer: other }), { code: 'MC_VALUE_UNREADABLE' }, 'of another peer')
    rebuildGraph(
      graphOf(() => 0, { keep: 'more' }),
      { peer },
    )
    rebuildGraph(without(), { peer })
    rebuildGraph(
      graphOf(() => 1, { keep: 'anew' }),
      { peer },
    )
    assert.throws(() => rebuildGraph(without(), { peer }), { code: 'MC_VALUE_UNREADABLE' }, 'kept anew')
  })

  it('says so when a text is missing', () => {
    const unknown = (x: number): number => x * 31
    const graph: Graph = { ...structuredClone(captureGraph(unknown)), units: [] }
    assert.throws(() => rebuildGraph(graph), { code: 'MC_VALUE_UNREADABLE' })
  })

  it('remembers where a function was written, unless no stack could lead there', () => {
    assert.equal(sentCodeOf(captureGraph(makeAdder(5))).length, 1)
    // oxlint-disable-next-line typescript/no-implied-eval -- a function of no file
    assert.deepEqual(sentCodeOf(captureGraph(new Function('x', 'return x + 1'))), [])
  })

  it('sends of a buffer only what its views show', () => {
    const file = Buffer.alloc(1_000_000, 7)
    const slices = { a: file.subarray(500_000, 500_010), b: file.subarray(500_005, 500_020), mark: (): number => 1 }
    const graph = captureGraph(slices)
    const bytes = graph.nodes.find((node) => node.kind === 'bytes')
    assert.ok(bytes && bytes.bytes.byteLength < 64)
    const back = rebuildGraph(structuredClone(graph)) as typeof slices
    assert.equal(back.a.buffer, back.b.buffer)
    assert.deepEqual([back.a, back.b], [slices.a, slices.b])
  })

  it('runs no getter, no trap and no method of the user', () => {
    const ran: string[] = []
    const trap = (name: string) => (): never => {
      ran.push(name)
      throw new Error(name)
    }
    const hostile = {
      get now(): unknown {
        return trap('getter')()
      },
      get [Symbol.toStringTag](): string {
        return trap('tag')()
      },
      toJSON: trap('toJSON'),
      valueOf: trap('valueOf'),
    }
    class Named {
      static get name(): string {
        return trap('name')()
      }
    }
    Object.defineProperty(Named.prototype, 'constructor', { get: trap('constructor') })
    captureGraph({ hostile, named: new Named() })
    captureGraph(() => [hostile, Named])
    assert.deepEqual(ran, [])
  })

  const skip = process.env['NODE_V8_COVERAGE'] !== undefined && 'coverage keeps counts of everything that is compiled'
  it('10,000 times leaves no memory behind', { skip }, () => {
    const box = { n: 1, read: (): number => box.n }
    for (let i = 0; i < 500; i++) captureGraph(box)
    gc()
    const before = process.memoryUsage().heapUsed
    for (let i = 0; i < 10_000; i++) captureGraph(box)
    gc()
    const grown = process.memoryUsage().heapUsed - before
    assert.ok(grown < 2_000_000, `the heap grew by ${grown} bytes`)
  })
})

function gc(): void {
  process.getBuiltinModule('node:v8').setFlagsFromString('--expose-gc')
  const collect = process.getBuiltinModule('node:vm').runInNewContext('gc') as () => void
  collect()
}
