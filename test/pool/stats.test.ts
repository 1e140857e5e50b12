import assert from 'node:assert/strict'
import { it } from 'node:test'
import { Pool } from 'manycore'
import { needs, onEachBackend } from '../support/on-backends.js'
import { makeGate } from '../support/meeting.ts'
import { forcePlatform } from '#dist/base/environment.js'

const NOTHING = { count: 0, mean: 0, min: 0, p50: 0, p90: 0, p99: 0, max: 0 }

onEachBackend('the numbers of a pool', (place) => {
  const { backend } = place
  it('count what was done, failed, lost, runs and waits, and tell what each worker does', async () => {
    await using pool = new Pool({ backend, processes: 1, name: 'Counted' })
    assert.deepEqual(pool.stats(), {
      queued: 0,
      running: 0,
      done: 0,
      failed: 0,
      retried: 0,
      lost: 0,
      run: NOTHING,
      wait: NOTHING,
      workers: [],
    })
    const run = (n: number): number => {
      if (n === 1) throw new Error('one')
      if (n === 2) process.exit(2)
      return n
    }
    await pool.map(run, [0, 1, 2, 3, 4], { onError: 'settle', chunkSize: 5 })
    using gate = makeGate()
    const { pass } = gate
    const tasks = [pool.apply(pass), pool.apply(pass), pool.apply(pass)]
    const { workers, run: ran, wait: waited, ...counts } = pool.stats()
    assert.deepEqual(counts, { queued: 2, running: 1, done: 3, failed: 1, retried: 0, lost: 1 })
    assert.deepEqual([workers.length, workers[0]?.tasks, workers[0]?.index], [1, 2, 0])
    assert.match(workers[0]?.name ?? '', /^Counted-\d+$/)
    assert.deepEqual([ran.count, waited.count], [4, 4], 'those that have run to their end')
    gate.open()
    await Promise.all(tasks)
    const after = pool.stats()
    assert.deepEqual([after.queued, after.running, after.done], [0, 0, 6])
    const [worker] = after.workers
    assert.ok(worker !== undefined && worker.busy > 0 && worker.busy <= 1)
  })

  const measured = process.platform === 'linux' ? needs(place, 'isMeasured') : { skip: 'only Linux tells them' }
  it('tell the memory and the CPU time of each worker', measured, async () => {
    await using pool = new Pool({ backend, processes: 1 })
    await pool.apply(() => 1)
    const [worker] = pool.stats().workers
    assert.ok(worker?.memory !== undefined && worker.memory > 10 * 2 ** 20 && worker.memory < 2 ** 31)
    assert.ok(worker.cpu !== undefined && worker.cpu >= 0)
  })

  it('leave memory and CPU time out where there is no /proc', async () => {
    await using pool = new Pool({ backend, processes: 1 })
    await pool.apply(() => 1)
    forcePlatform({ hasProcfs: false })
    const [worker] = pool.stats().workers
    forcePlatform({})
    assert.deepEqual([worker?.memory, worker?.cpu], [undefined, undefined])
  })
})
