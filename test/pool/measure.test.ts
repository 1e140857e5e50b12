import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Pool } from 'manycore'
import { inEachOf, makeGate } from '../support/meeting.js'
import { Histogram } from '#dist/pool/histogram.js'

const sleep = (ms: number): Promise<number> => new Promise((resolve) => setTimeout(resolve, ms, ms))

describe('the times of a pool', () => {
  it('tell how long tasks ran and how long they waited before', async () => {
    await using pool = new Pool({ processes: 1 })
    await pool.apply(sleep, [0])
    await Promise.all([pool.apply(sleep, [200]), pool.map(sleep, [200, 0])])
    const { run, wait } = pool.stats()
    assert.deepEqual([run.count, wait.count], [4, 4])
    assert.ok(run.max >= 195 && run.p90 >= 190 && run.min < 195, JSON.stringify(run))
    // One of the two maps and calls waited for the other.
    assert.ok(wait.max >= 195 && wait.min < wait.max, JSON.stringify(wait))
  })

  it('count what was run again, and each task once by what became of it', async () => {
    await using pool = new Pool({ processes: 1 })
    const fail = (): never => {
      throw new Error('no')
    }
    const retries = { limit: 2, backoff: 1, on: () => true }
    await assert.rejects(pool.apply(fail, [], { retries }))
    await pool.map((n: number) => (n === 1 ? process.exit(3) : n), [0, 1, 2], { retries: 1, onError: 'settle' })
    const { done, failed, lost, retried } = pool.stats()
    assert.deepEqual({ done, failed, lost, retried }, { done: 2, failed: 1, lost: 1, retried: 3 })
  })

  for (const backend of ['process', 'thread', 'inline'] as const) {
    it(`come with what each worker uses when it is asked (${backend})`, async () => {
      await using pool = new Pool({ processes: 2, backend })
      // One that becomes ready meanwhile was not asked.
      await inEachOf(pool, 2, () => 0)
      assert.ok(pool.stats().workers.every(({ usage }) => usage === undefined))
      const [one, two] = await Promise.all([pool.measure(60_000), pool.measure({ timeout: 60_000 })])
      for (const { workers } of [one, two]) {
        assert.ok(workers.length > 0)
        for (const { state, usage } of workers) {
          assert.equal(state, 'ready')
          assert.ok(usage !== undefined && usage.heap > 1_000_000)
          assert.ok(usage.eventLoop.utilization >= 0 && usage.eventLoop.utilization <= 1)
          if (backend !== 'thread') assert.ok(usage.cpu !== undefined && usage.cpu > 0)
        }
      }
    })
  }

  it('come without it from a worker that is busy, or dies meanwhile', async () => {
    await using pool = new Pool({ processes: 1 })
    using gate = makeGate()
    const { reach } = gate
    const spin = (): void => {
      reach()
      for (;;);
    }
    const controller = new AbortController()
    const task = pool.apply(spin, [], { signal: controller.signal, grace: 0 })
    const settled = assert.rejects(task, { name: 'AbortError' })
    await gate.reached()
    const late = await pool.measure(50)
    assert.ok(late.workers.every(({ usage }) => usage === undefined))
    const cut = pool.measure(60_000)
    controller.abort()
    assert.equal((await cut).done, 0)
    await settled
  })
})

describe('a histogram', () => {
  it('gives percentiles to 2 %, from nanoseconds to days', () => {
    for (const scale of [1e-6, 1e-3, 1, 1e6]) {
      const histogram = new Histogram()
      for (let n = 1; n <= 1000; n++) histogram.add(n * scale)
      const { count, mean, min, p50, p90, p99, max } = histogram.stats()
      assert.deepEqual([count, min, max], [1000, scale, 1000 * scale])
      assert.ok(Math.abs(mean / scale - 500.5) < 0.01)
      for (const [got, exact] of [
        [p50, 500],
        [p90, 900],
        [p99, 990],
      ] as const)
        assert.ok(Math.abs(got / (exact * scale) - 1) < 0.03, `${got} for ${exact * scale}`)
    }
  })

  it('takes nothing, zero, many at once and what is out of all bounds', () => {
    const histogram = new Histogram()
    assert.deepEqual(histogram.stats(), { count: 0, mean: 0, min: 0, p50: 0, p90: 0, p99: 0, max: 0 })
    histogram.add(0)
    histogram.add(2, 98)
    histogram.add(1e30)
    const { count, min, p50, p99, max } = histogram.stats()
    assert.deepEqual([count, min, max], [100, 0, 1e30])
    assert.ok(Math.abs(p50 - 2) < 0.1 && p99 === p50)
  })
})
