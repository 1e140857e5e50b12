import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { Pool } from 'manycore'
import { PoolCore } from '#dist/pool/core.js'
import { startMap } from '#dist/pool/map.js'
import { checkPoolOptions } from '#dist/pool/options.js'
import type { SpawnOptions, Worker } from '#dist/backend/backend.js'
import { Kind } from '#dist/channel/messages.js'
import { inEachOf } from '../support/meeting.ts'
import { FakeBackend } from './fake-backend.ts'

interface Span {
  readonly begin: number
  readonly end: number
  readonly pid: number
}

/** Runs tiny items and notes how many travel in each message. */
class ListeningBackend extends FakeBackend {
  readonly sizes: number[] = []

  constructor() {
    super()
    this.itemNs = 1000
  }

  override spawn(options: SpawnOptions): Worker {
    const worker = super.spawn(options)
    const send = worker.channel.send.bind(worker.channel)
    worker.channel.send = (message) => {
      if (message.kind === Kind.chunk) this.sizes.push(message.count)
      return send(message)
    }
    return worker
  }

  /** Lets all workers go on until this has settled. */
  async run(until: Promise<unknown>): Promise<void> {
    let isOver = false
    const over = (): void => void (isOver = true)
    void until.then(over, over)
    while (!isOver) {
      for (const worker of this.living.slice()) worker.step(0.1)
      await turn()
    }
  }
}

const WORKERS = 2
const same = (n: number): number => n
const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

describe('without a chunk size', () => {
  it('#170 a worker is never sent more than half of its share of what waits, and single items as long as nothing is known', async () => {
    for (const processes of [1, 2, 4]) {
      for (const count of [1, 16, 17, 100, 1000]) {
        const backend = new ListeningBackend()
        const core = new PoolCore(checkPoolOptions({ processes, spare: false }), backend)
        const results = startMap(core, 'map', same, numbers(count), {})
        core.close(false)
        await backend.run(Promise.all([results, core.join()]))
        assert.deepEqual(await results, numbers(count))
        const { sizes } = backend
        assert.deepEqual(sizes.slice(0, Math.min(count, processes)), Array(Math.min(count, processes)).fill(1))
        let left = count
        for (const size of sizes) {
          assert.ok(size <= Math.max(1, Math.ceil(left / (2 * processes))), `${size} of ${left} for ${processes}`)
          left -= size
        }
        if (count === 1000) assert.ok(sizes.length < 100, `${sizes.length} messages`)
      }
    }
  })

  it('#186 tasks of which the first tenth costs a hundred times as much end within 1.3 times the ideal', async () => {
    await using pool = new Pool({ processes: WORKERS })
    const work = async (n: number): Promise<Span> => {
      const begin = performance.timeOrigin + performance.now()
      await new Promise((resolve) => setTimeout(resolve, n < 20 ? 100 : 1))
      return { begin, end: performance.timeOrigin + performance.now(), pid: process.pid }
    }
    const pids = await inEachOf(pool, WORKERS, () => process.pid)
    // By how long each worker had something to do, so that it does not matter how busy the machine is.
    const spans = await pool.map(work, numbers(200))
    const first = Math.min(...spans.map(({ begin }) => begin))
    const lasts = pids.map((own) => Math.max(first, ...spans.map(({ pid, end }) => (pid === own ? end : 0))))
    const worked = lasts.reduce((sum, last) => sum + last - first, 0)
    const took = Math.max(...lasts) - first
    assert.ok(took < (1.3 * worked) / WORKERS, `${took} ms for ${worked} ms of work by ${WORKERS} workers`)
  })
})
