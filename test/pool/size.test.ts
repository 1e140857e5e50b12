import assert from 'node:assert/strict'
import { it } from 'node:test'
import { Pool, cpuCount, currentProcess, type PoolOptions } from 'manycore'
import { inEachOf } from '../support/meeting.ts'
import { onEachBackend } from '../support/on-backends.js'

const nameLater = async (): Promise<string> => {
  await new Promise((resolve) => setTimeout(resolve, 20))
  return currentProcess().name
}
/** Resolves when the pool has only so many of these workers. */
const left = async (pool: Pool, names: Iterable<string>, count: number): Promise<void> => {
  const all = new Set(names)
  while (pool.stats().workers.filter(({ name }) => all.has(name)).length > count)
    await new Promise((resolve) => setTimeout(resolve, 5))
}
const many = (count: number): undefined[] => Array.from({ length: count })

onEachBackend('how many workers a pool has', ({ backend }) => {
  it('#187 is a whole number of at least 1, or a sensible range of them', () => {
    const wrong: unknown[] = [0, -1, 1.5, NaN, '2', null, { min: -1 }, { max: 0 }, { min: 3, max: 2 }]
    wrong.push({ idleTimeout: -1 }, { idleTimeout: '1' }, { most: 1 })
    for (const processes of wrong) {
      assert.throws(() => new Pool({ backend, processes } as PoolOptions), { code: 'MC_ARGUMENT_INVALID' })
    }
  })

  it('#187 is by default the number of cores that this process may use', async () => {
    await using pool = new Pool({ backend })
    const names = await inEachOf(pool, cpuCount(), () => currentProcess().name)
    assert.equal(new Set(names).size, cpuCount())
    for (const name of await pool.map(nameLater, many(cpuCount() * 5), { chunkSize: 1 }))
      assert.ok(names.includes(name))
  })

  it('#226 grows on demand and shrinks to `min` when there is nothing to do', async () => {
    await using pool = new Pool({ backend, processes: { min: 1, max: 3, idleTimeout: 60 } })
    assert.equal(new Set([await pool.apply(nameLater), await pool.apply(nameLater)]).size, 1)
    const names = new Set(await inEachOf(pool, 3, () => currentProcess().name))
    assert.equal(names.size, 3)
    await left(pool, names, 1)
    assert.ok(names.has(await pool.apply(nameLater)), 'the last of them has nothing to do either, but stays')
    assert.equal(new Set(await inEachOf(pool, 3, () => currentProcess().name)).size, 3)
  })

  it('shrinks to nothing, and starts anew', async () => {
    await using pool = new Pool({ backend, processes: { max: 2, idleTimeout: 1 } })
    const names = await pool.map(nameLater, many(2), { chunkSize: 1 })
    await left(pool, names, 0)
    assert.ok(!names.includes(await pool.apply(nameLater)))
  })

  it('can be less while they work: nothing is lost, and those that are too many end', async () => {
    await using pool = new Pool({ backend, processes: 4 })
    const first = await inEachOf(pool, 4, () => currentProcess().name)
    assert.equal(new Set(first).size, 4)
    const running = pool.map(nameLater, many(40), { chunkSize: 1 })
    pool.resize(1)
    const names = await running
    assert.equal(names.length, 40)
    const last = await pool.apply(nameLater)
    await left(
      pool,
      first.filter((name) => name !== last),
      0,
    )
    assert.equal(new Set(names.slice(-10)).size, 1)
  })

  it('can be more while they work', async () => {
    await using pool = new Pool({ backend, processes: 1 })
    const running = inEachOf(pool, 3, () => currentProcess().name)
    pool.resize({ min: 2, max: 3 })
    assert.equal(new Set(await running).size, 3)
  })

  it('changes again and again under load without losing a task', async () => {
    await using pool = new Pool({ backend, processes: 2 })
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
    const pool = new Pool({ backend, processes: 1 })
    assert.throws(() => pool.resize(0), { code: 'MC_ARGUMENT_INVALID' })
    pool.close()
    assert.throws(() => pool.resize(2), { code: 'MC_POOL_CLOSED' })
    await pool.join()
  })
})
