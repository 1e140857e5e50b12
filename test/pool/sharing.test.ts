import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { PoolCore } from '#dist/pool/core.js'
import { startMap } from '#dist/pool/map.js'
import { checkPoolOptions } from '#dist/pool/options.js'
import { startStream } from '#dist/pool/start-stream.js'
import type { SpawnOptions, Worker } from '#dist/backend/backend.js'
import { Kind } from '#dist/channel/messages.js'
import { FakeBackend, type FakeWorker } from './fake-backend.ts'

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

/** Lets the workers run beside each other in a time of their own, in which items cost what they cost; gives how long. */
async function playInTime(
  backend: FakeBackend,
  until: Promise<unknown>,
  costOf: (item: unknown) => number,
): Promise<number> {
  const clocks = new Map<FakeWorker, number>()
  const costs = new Map<FakeWorker, number>()
  const clockOf = (worker: FakeWorker): number => clocks.get(worker) ?? 0
  let nowMs = 0
  let isOver = false
  void until.then(() => (isOver = true))
  while (!isOver) {
    for (const worker of backend.living.toSorted((a, b) => clockOf(a) - clockOf(b))) {
      const count = backend.begun.length
      const cost = costs.get(worker)
      if (cost !== undefined) backend.itemNs = cost * 1e6
      if (!worker.step(0)) continue
      if (cost !== undefined) {
        nowMs = Math.max(nowMs, clockOf(worker))
        costs.delete(worker)
      }
      // One that had nothing to do begins when it is given something.
      if (backend.begun.length > count) {
        costs.set(worker, costOf(backend.begun.at(-1)?.value))
        clocks.set(worker, Math.max(clockOf(worker), nowMs) + (costs.get(worker) ?? 0))
      }
      break
    }
    await turn()
  }
  return Math.max(...clocks.values())
}

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
    const backend = new FakeBackend()
    const core = new PoolCore(checkPoolOptions({ processes: WORKERS, spare: false }), backend)
    const costOf = (n: unknown): number => ((n as number) < 20 ? 100 : 1)
    const results = startMap(core, 'map', same, numbers(200), {})
    const tookMs = await playInTime(backend, results, costOf)
    assert.deepEqual(await results, numbers(200))
    const workMs = numbers(200).reduce((sum, n) => sum + costOf(n), 0)
    assert.ok(tookMs < (1.3 * workMs) / WORKERS, `${tookMs} ms for ${workMs} ms of work by ${WORKERS} workers`)
    core.close(false)
    const joined = core.join()
    await playInTime(backend, joined, costOf)
  })

  it('the first items of a stream are sent before the rest is pulled, and while more may come none in small messages', async () => {
    const backend = new ListeningBackend()
    const core = new PoolCore(checkPoolOptions({ processes: WORKERS, spare: false }), backend)
    await backend.run(startMap(core, 'map', same, numbers(1000), {}))
    backend.sizes.length = 0
    let pulled = 0
    const pulledAt: number[] = []
    function* source(): Generator<number> {
      for (;;) {
        if (backend.sizes.length > pulledAt.length) pulledAt.push(pulled)
        yield pulled++
      }
    }
    const short = startStream<number>(core, 'imap', same, source(), { buffer: 600 })
    // About two tenths of a millisecond of work each, the last apart.
    assert.equal(backend.sizes.length, 3, `${backend.sizes}`)
    assert.ok(
      backend.sizes.slice(0, 2).every((size) => size >= 199),
      `${backend.sizes}`,
    )
    await backend.run(short.return())

    backend.sizes.length = pulledAt.length = pulled = 0
    const long = startStream<number>(core, 'imap', same, source(), {})
    // A source that takes its time goes on at the next turns.
    while (pulled < 20_000) await turn()
    assert.ok((pulledAt[0] ?? Infinity) < 10_000, `the first were sent when ${pulledAt[0]} had been pulled`)
    await backend.run(long.return())
    core.close(false)
    await backend.run(core.join())
  })
})
