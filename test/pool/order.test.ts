import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Pool, currentWorker } from 'manycore'

const seen: number[] = []
const note = (n: number): { readonly place: number; readonly before: number } => {
  const before = seen.length
  seen.push(n)
  return { place: currentWorker().index, before }
}
const placesOf = (results: readonly { readonly place: number }[]): number[] => results.map(({ place }) => place)
const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

describe('a fixed order', () => {
  for (const backend of ['process', 'thread', 'inline'] as const) {
    it(`#247 gives chunk k to worker k mod n (${backend})`, async () => {
      await using pool = new Pool({ processes: 4, backend })
      const single = await pool.map(note, numbers(22), { order: 'fixed' })
      assert.deepEqual(
        placesOf(single),
        numbers(22).map((n) => n % 4),
      )
      const pairs = await pool.starmap(
        note,
        numbers(21).map((n) => [n] as [number]),
        { order: 'fixed', chunkSize: 2 },
      )
      assert.deepEqual(
        placesOf(pairs),
        numbers(21).map((n) => Math.floor(n / 2) % 4),
      )
    })
  }

  it('#247 holds for streams, also from async sources and with a time limit for each item', async () => {
    await using pool = new Pool({ processes: 3 })
    async function* source(): AsyncGenerator<number> {
      for (const n of numbers(20)) yield n
    }
    const expected = numbers(20).map((n) => Math.floor(n / 4) % 3)
    for (const options of [{}, { timeout: 60_000 }]) {
      const got: { place: number }[] = []
      for await (const result of pool.imap(note, source(), { order: 'fixed', chunkSize: 4, ...options }))
        got.push(result)
      assert.deepEqual(placesOf(got), expected)
      const unordered: number[] = []
      const stream = pool.imapUnordered(note, numbers(20), { order: 'fixed', chunkSize: 4, ...options })
      for await (const { place } of stream) unordered.push(place)
      assert.deepEqual(unordered.sort(), expected.toSorted())
    }
  })

  it('#247 gives what is left to the worker that takes the place of one that died', async () => {
    await using pool = new Pool({ processes: 2 })
    const work = (n: number): { place: number; pid: number } => {
      if (n === 4) process.kill(process.pid, 'SIGKILL')
      return { place: currentWorker().index, pid: process.pid }
    }
    const results = await pool.map(work, numbers(12), { order: 'fixed', onError: 'settle' })
    const places = results.map((result) => (result.status === 'fulfilled' ? result.value.place : undefined))
    assert.deepEqual(
      places,
      numbers(12).map((n) => (n === 4 ? undefined : n % 2)),
    )
    const even = results.flatMap((one, n) => (one.status === 'fulfilled' && n % 2 === 0 ? [one.value.pid] : []))
    assert.equal(new Set(even).size, 2)
  })

  it('runs an item again in its place', async () => {
    await using pool = new Pool({ processes: 3 })
    const tried: number[] = []
    const flaky = (n: number): number => {
      tried.push(n)
      if (n === 7 && tried.filter((one) => one === 7).length < 3) throw new Error('again')
      return currentWorker().index
    }
    const retries = { limit: 2, backoff: 1, on: () => true }
    assert.deepEqual(
      await pool.map(flaky, numbers(9), { order: 'fixed', retries }),
      numbers(9).map((n) => n % 3),
    )
  })

  it('ends also when the pool gets smaller or larger meanwhile, and beside other work', async () => {
    await using pool = new Pool({ processes: 4 })
    const slow = async (n: number): Promise<number> => {
      await new Promise((resolve) => setTimeout(resolve, 5))
      return n
    }
    const fixed = pool.map(slow, numbers(80), { order: 'fixed' })
    const other = pool.map(slow, numbers(40))
    await pool.apply(slow, [1])
    pool.resize(2)
    await pool.apply(slow, [2])
    pool.resize(3)
    assert.deepEqual(await fixed, numbers(80))
    assert.deepEqual(await other, numbers(40))
  })

  it('starts the worker of a place that is empty', async () => {
    await using pool = new Pool({ processes: { min: 0, max: 4, idleTimeout: 1 } })
    async function* slowly(): AsyncGenerator<number> {
      for (const n of numbers(6)) {
        yield n
        await new Promise((resolve) => setTimeout(resolve, 30))
      }
    }
    const places = await pool.map(() => currentWorker().index, slowly(), { order: 'fixed' })
    assert.deepEqual(
      places,
      numbers(6).map((n) => n % 4),
    )
  })

  it('is one of two', async () => {
    await using pool = new Pool({ processes: 1 })
    assert.throws(() => pool.map(note, [1], { order: 'random' as never }), { code: 'MC_ARGUMENT_INVALID' })
  })
})
