import assert from 'node:assert/strict'
import { after, afterEach, beforeEach, describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { Pool } from 'manycore'
import { type HeldTimers, holdTimers } from '../support/held-timers.js'

/** Ends after so many milliseconds; below zero, never. */
const wait = (ms: number): Promise<number> =>
  new Promise((resolve) => (ms < 0 ? setInterval(() => {}, 1000) : setTimeout(resolve, ms, ms)))

describe('a time limit for a whole map', () => {
  const pool = new Pool({ processes: 2 })
  let limit: HeldTimers
  let tooLate: object
  beforeEach(() => {
    limit = holdTimers()
    tooLate = { name: 'TimeoutError', code: 'MC_MAP_TIMEOUT', timeoutMs: limit.ms }
  })
  afterEach(() => limit[Symbol.dispose]())
  after(() => pool.terminate())
  /** Resolves when so many more tasks are done than were, and two run. */
  const stuck = async (before: number, done: number): Promise<void> => {
    while (pool.stats().done - before < done || pool.stats().running < 2) await turn()
  }

  it('#218 gives what came before it, then its error; the rest is cancelled and the iteration is over', async () => {
    const results = pool.imap(wait, [0, 1, -1, 2, 3], { totalTimeout: limit.ms, grace: 0 })
    const got: number[] = []
    await assert.rejects(async () => {
      for await (const ms of results) if (got.push(ms) === 2) limit.strike()
    }, tooLate)
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
      const { done } = pool.stats()
      const results = pool[verb](wait, endless(), { totalTimeout: limit.ms, grace: 0 })
      await stuck(done, 2)
      limit.strike()
      await closed
      const [first, second] = [await results.next(), await results.next()].map(({ value }) => value)
      assert.deepEqual(verb === 'imap' ? [first, second] : [first, second].sort(), [0, 1])
      await assert.rejects(results.next(), tooLate)
      assert.equal((await results.next()).done, true)
    }
  })

  it('#218 rejects a map, whose workers are free again', async () => {
    const { done } = pool.stats()
    const late = pool.map(wait, [1, -1, -1, -1], { totalTimeout: limit.ms, grace: 0 })
    void stuck(done, 1).then(() => limit.strike())
    await assert.rejects(late, tooLate)
    assert.deepEqual(await pool.map(wait, [1, 2]), [1, 2])
    const spin = (): void => {
      for (;;);
    }
    const spinning = pool.map(spin, [1, 2, 3], { totalTimeout: limit.ms, grace: 10 })
    void stuck(0, 0).then(() => limit.strike())
    await assert.rejects(spinning, tooLate)
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
