import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { PoolCore } from '#dist/pool/core.js'
import { startMap } from '#dist/pool/map.js'
import { checkPoolOptions } from '#dist/pool/options.js'
import { startStream } from '#dist/pool/start-stream.js'
import { FakeBackend } from './fake-backend.ts'

const WORKERS = 2
const ITEMS = 100
// So many items must wait for each worker for one to stand behind another.
const FAR_FROM_END = 10

// Never runs: a fake worker answers with the item itself.
const same = (n: number): number => {
  console.log(n)
  return n
}

describe('items that take 20 ms each', () => {
  it('travel by threes as long as many of a map wait, and one by one towards its end', async () => {
    const { core, play } = start()
    const all = startMap(core, 'map', same, items(), {})
    const seen = await play(all)
    assert.ok(seen.some(({ held, left }) => held === 3 && left > 50))
    for (const { held, left } of seen)
      assert.ok(left >= (held - 1) * (FAR_FROM_END - 2) * WORKERS, `${held} with ${left} left`)
    assert.deepEqual(await all, items())
  })

  it('travel one by one for a stream, whose reader may wait for that very one', async () => {
    const { core, play } = start()
    const stream = startStream<number>(core, 'imapUnordered', same, items(), {})
    const read = (async () => {
      let count = 0
      for await (const _ of stream) count++
      return count
    })()
    assert.ok((await play(read)).every(({ held }) => held === 1))
    assert.equal(await read, ITEMS)
  })
})

interface Seen {
  /** Items with one worker. */
  readonly held: number
  /** Items that have not been sent. */
  readonly left: number
}

function start(): { core: PoolCore; play: (until: Promise<unknown>) => Promise<Seen[]> } {
  const backend = new FakeBackend()
  backend.itemNs = 20e6
  const core = new PoolCore(checkPoolOptions({ processes: WORKERS }), backend)
  const play = async (until: Promise<unknown>): Promise<Seen[]> => {
    const seen: Seen[] = []
    let isOver = false
    void until.then(() => (isOver = true))
    while (!isOver) {
      for (const worker of backend.living.slice()) worker.step(0)
      await turn()
      const held = core.roster.members.map((member) => member.items)
      const { queued } = core.stats()
      const left = queued - held.reduce((sum, items) => sum + Math.max(0, items - 1), 0)
      for (const one of held) if (one > 0) seen.push({ held: one, left })
    }
    core.close(false)
    return seen
  }
  return { core, play }
}

function items(): number[] {
  return Array.from({ length: ITEMS }, (_, n) => n)
}
