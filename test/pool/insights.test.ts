import assert from 'node:assert/strict'
import { it } from 'node:test'
import { Pool, type PoolInsights } from 'manycore'
import { inEachOf } from '../support/meeting.js'
import { onEachBackend } from '../support/on-backends.js'

const sleep = (ms: number): Promise<number> => new Promise((resolve) => setTimeout(resolve, ms, ms))

onEachBackend('the insights of a pool', ({ backend }) => {
  it('#249 tell where the time of each worker went, which together is all of it', async () => {
    const began = performance.now()
    const pool = new Pool({ backend, processes: 2, initializer: sleep, initializerArgs: [50] })
    // Both are there, and have nothing to do, before the time is taken.
    await inEachOf(pool, 2, () => 0)
    await pool.map(sleep, [100, 100], { chunkSize: 1 })
    const waitsFrom = performance.now()
    await sleep(100)
    const waitedMs = performance.now() - waitsFrom
    pool.close()
    await pool.join()
    const tookMs = performance.now() - began
    const { places } = pool.insights()
    assert.deepEqual(
      places.map(({ index, workers }) => [index, workers]),
      [
        [0, 1],
        [1, 1],
      ],
    )
    for (const { start, init, wait, work, exit } of places) {
      assert.ok(init >= 49 && wait >= waitedMs - 1, JSON.stringify(places))
      assert.ok(start + init + wait + work + exit <= tookMs, JSON.stringify(places))
    }
    assert.ok(sumOf(places, 'work') >= 198 && sumOf(places, 'tasks') === 4, JSON.stringify(places))
    assert.deepEqual(pool.insights().places, places)
  })

  it('#249 name the five tasks that took longest, with their arguments', async () => {
    await using pool = new Pool({ backend, processes: 1 })
    const waitFor = async ({ ms }: { ms: number }, ..._more: string[]): Promise<number> => await sleep(ms)
    await pool.map(
      waitFor,
      [0, 90, 120, 0, 60].map((ms) => ({ ms })),
    )
    await pool.starmap(sleep, [[30]])
    await pool.apply(waitFor, [{ ms: 150 }, 'x'.repeat(1000)])
    const { slowest } = pool.insights()
    assert.equal(slowest.length, 5)
    const argsOf = (name: string): string | undefined => slowest.find(({ task }) => task.includes(name))?.args
    assert.equal(argsOf('item 2 of map(waitFor)'), '{"ms":120}')
    const long = argsOf(', waitFor()') ?? ''
    assert.match(long, /^\{"ms":150\},"x+…$/)
    assert.equal(long.length, 200)
    assert.ok(slowest.every(({ worker }) => worker !== ''))
    assert.ok(slowest.every(({ run }, at) => at === 0 || run <= (slowest[at - 1]?.run ?? 0)))
  })
})

function sumOf(places: PoolInsights['places'], name: 'work' | 'tasks'): number {
  return places.reduce((sum, place) => sum + place[name], 0)
}
