import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Pool } from 'manycore'

/** Ends after so many milliseconds; below zero, never. */
const wait = (ms: number): Promise<number> =>
  new Promise((resolve) => (ms < 0 ? setInterval(() => {}, 1000) : setTimeout(resolve, ms, ms)))
const LIMIT_MS = 1000
const TOO_LATE = { name: 'TimeoutError', code: 'MC_MAP_TIMEOUT', timeoutMs: LIMIT_MS }

describe('a time limit for a whole map', () => {
  const pool = new Pool({ processes: 2 })
  before(() => pool.map(wait, [0, 0, 0]))
  after(() => pool.terminate())

  it('#218 gives what came before it, then its error; the rest is cancelled and the iteration is over', async () => {
    const results = pool.imap(wait, [0, 1, -1, 2, 3], { totalTimeout: LIMIT_MS, grace: 0 })
    const got: number[] = []
    await assert.rejects(async () => {
      for await (const ms of results) got.push(ms)
    }, TOO_LATE)
    assert.deepEqual(got, [0, 1])
    assert.deepEqual(await results.next(), { done: true, value: undefined })
  })

  it('#218 also where nobody has read in time', async () => {
    for (const verb of ['imap', 'imapUnordered'] as const) {
      let source: (() => void) | undefined
      const closed = new Promise<void>((resolve) => (source = resolve))
      function* endless(): Generator<number> {
        try {
          for (const ms of [0, 1]) yield ms
          for (;;) yield -1
        } finally {
          source?.()
        }
      }
      const results = pool[verb](wait, endless(), { totalTimeout: LIMIT_MS, grace: 0 })
      await closed
      const first = await results.next()
      assert.equal(first.value, 0)
      assert.equal((await results.next()).value, 1)
      await assert.rejects(results.next(), TOO_LATE)
      assert.equal((await results.next()).done, true)
    }
  })

  it('#218 rejects a map, whose workers are free again', async () => {
    await assert.rejects(pool.map(wait, [1, -1, -1, -1], { totalTimeout: LIMIT_MS, grace: 0 }), TOO_LATE)
    assert.deepEqual(await pool.map(wait, [1, 2]), [1, 2])
    const spin = (): void => {
      for (;;);
    }
    await assert.rejects(pool.map(spin, [1, 2, 3], { totalTimeout: LIMIT_MS, grace: 10 }), TOO_LATE)
    assert.deepEqual(await pool.map(wait, [1, 2], { totalTimeout: 60_000 }), [1, 2])
  })

  it('#218 is not taken for an error of that name from the function', async () => {
    const late = (): never => {
      throw Object.assign(new Error('mine'), { name: 'TimeoutError' })
    }
    await assert.rejects(pool.map(late, [1], { totalTimeout: 60_000 }), { message: 'mine', name: 'TimeoutError' })
    const results = pool.imap(late, [1, 2], { totalTimeout: 60_000 })
    await assert.rejects(results.next(), /mine/)
    await assert.rejects(results.next(), /mine/)
    assert.equal((await results.next()).done, true)
  })

  it('is more than nothing', () => {
    for (const totalTimeout of [0, -1, NaN, '1'])
      assert.throws(() => pool.map(wait, [1], { totalTimeout: totalTimeout as number }), {
        code: 'MC_ARGUMENT_INVALID',
      })
  })
})
