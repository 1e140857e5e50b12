import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Pool, cpuCount, type PoolOptions } from 'manycore'
import { inEachOf } from '../support/meeting.ts'
import { allGone, fewLeft } from '../support/processes.ts'

const pidLater = async (): Promise<number> => {
  await new Promise((resolve) => setTimeout(resolve, 20))
  return process.pid
}
const many = (count: number): undefined[] => Array.from({ length: count })

describe('how many workers a pool has', () => {
  it('#187 is a whole number of at least 1, or a sensible range of them', () => {
    const wrong: unknown[] = [0, -1, 1.5, NaN, '2', null, { min: -1 }, { max: 0 }, { min: 3, max: 2 }]
    wrong.push({ idleTimeout: -1 }, { idleTimeout: '1' }, { most: 1 })
    for (const processes of wrong) {
      assert.throws(() => new Pool({ processes } as PoolOptions), { code: 'MC_ARGUMENT_INVALID' })
    }
  })

  it('#187 is by default the number of cores that this process may use', async () => {
    await using pool = new Pool()
    const pids = await inEachOf(pool, cpuCount(), () => process.pid)
    assert.equal(new Set(pids).size, cpuCount())
    for (const pid of await pool.map(pidLater, many(cpuCount() * 5), { chunkSize: 1 })) assert.ok(pids.includes(pid))
  })

  it('#226 grows on demand and shrinks to `min` when there is nothing to do', async () => {
    await using pool = new Pool({ processes: { min: 1, max: 3, idleTimeout: 60 } })
    assert.equal(new Set([await pool.apply(pidLater), await pool.apply(pidLater)]).size, 1)
    const pids = new Set(await inEachOf(pool, 3, () => process.pid))
    assert.equal(pids.size, 3)
    await fewLeft([...pids], 1)
    assert.ok(pids.has(await pool.apply(pidLater)), 'the last of them has nothing to do either, but stays')
    assert.equal(new Set(await inEachOf(pool, 3, () => process.pid)).size, 3)
  })

  it('shrinks to nothing, and starts anew', async () => {
    await using pool = new Pool({ processes: { max: 2, idleTimeout: 1 } })
    const pids = await pool.map(pidLater, many(2), { chunkSize: 1 })
    await allGone(pids)
    assert.ok(!pids.includes(await pool.apply(pidLater)))
  })

  it('can be less while they work: nothing is lost, and those that are too many end', async () => {
    await using pool = new Pool({ processes: 4 })
    const first = await inEachOf(pool, 4, () => process.pid)
    assert.equal(new Set(first).size, 4)
    const running = pool.map(pidLater, many(40), { chunkSize: 1 })
    pool.resize(1)
    const pids = await running
    assert.equal(pids.length, 40)
    const last = await pool.apply(pidLater)
    await allGone([...new Set(first)].filter((pid) => pid !== last))
    assert.equal(new Set(pids.slice(-10)).size, 1)
  })

  it('can be more while they work', async () => {
    await using pool = new Pool({ processes: 1 })
    const running = inEachOf(pool, 3, () => process.pid)
    pool.resize({ min: 2, max: 3 })
    assert.equal(new Set(await running).size, 3)
  })

  it('changes again and again under load without losing a task', async () => {
    await using pool = new Pool({ processes: 2 })
    const running = pool.map(
      async (n: number) => n * 2,
      Array.from({ length: 3000 }).map((_, n) => n),
      { chunkSize: 5 },
    )
    const calls = []
    for (let round = 0; round < 12; round++) {
      pool.resize(1 + (round % 3))
      calls.push(pool.apply((n: number) => n, [round]))
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    assert.deepEqual(
      await running,
      Array.from({ length: 3000 }).map((_, n) => n * 2),
    )
    assert.deepEqual(
      await Promise.all(calls),
      Array.from({ length: 12 }).map((_, n) => n),
    )
  })

  it('cannot be changed when the pool is closed, nor to nonsense', async () => {
    const pool = new Pool({ processes: 1 })
    assert.throws(() => pool.resize(0), { code: 'MC_ARGUMENT_INVALID' })
    pool.close()
    assert.throws(() => pool.resize(2), { code: 'MC_POOL_CLOSED' })
    await pool.join()
  })
})
