import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { Pool, Process, ValueUnsendableError } from 'manycore'
import { Kind } from '#dist/channel/messages.js'
import { PoolCore } from '#dist/pool/core.js'
import { startMap } from '#dist/pool/map.js'
import { checkPoolOptions } from '#dist/pool/options.js'
import type { SpawnOptions, Worker } from '#dist/backend/backend.js'
import { withLongest } from '../support/with-longest.ts'
import { FakeBackend } from './fake-backend.ts'

const LIMIT = 100_000
const isTooLong = (error: unknown): boolean =>
  error instanceof ValueUnsendableError && /bytes, and a message carries at most 100000\./.test(error.message)

describe('what is longer than a message', () => {
  it('is refused at the call, of every argument, item, function and process, and everything else goes on', async () => {
    await using pool = new Pool({ processes: 1 })
    const length = (...texts: string[]): number => texts.join('').length
    const before = pool.apply(length, ['before'])
    const long = 'ä'.repeat(LIMIT)
    await withLongest(LIMIT, async () => {
      assert.throws(() => pool.apply(length, [long]), isTooLong)
      assert.throws(() => pool.apply(length, [long.slice(1), 'b']), isTooLong)
      assert.throws(() => pool.apply(({ text }: { text: string }) => text.length, [{ text: long }]), isTooLong)
      assert.throws(() => pool.apply(() => long.length), isTooLong)
      await assert.rejects(async () => pool.map(length, ['a', long]), isTooLong)
      await assert.rejects(async () => pool.starmap(length, [['a'], [long, 'b']]), isTooLong)
      const seen: number[] = []
      await assert.rejects(async () => {
        for await (const n of pool.imap(length, ['a', 'bc', long])) seen.push(n)
      }, isTooLong)
      assert.deepEqual(seen, [1, 2])
      assert.throws(() => new Process({ target: length, args: [long] }).start(), isTooLong)
      assert.deepEqual(await pool.map(length, ['a', 'bc', 'd'.repeat(LIMIT / 2)]), [1, 2, LIMIT / 2])
    })
    assert.equal(await before, 6)
    assert.deepEqual(await pool.map(length, [long, 'a']), [LIMIT, 1])
  })

  it('as a result costs its own task only, in every form of answer', async () => {
    await using pool = new Pool({ processes: 1, backend: 'inline' })
    await withLongest(LIMIT, async () => {
      const make = (n: number): string => 'ö'.repeat(n)
      await assert.rejects(async () => pool.apply(make, [LIMIT]), isTooLong)
      const results = await pool.map(make, [1, LIMIT, 2], { onError: 'settle' })
      assert.deepEqual(
        results.map(({ status }) => status),
        ['fulfilled', 'rejected', 'fulfilled'],
      )
      // Each alone fits, all of them together do not.
      const together = await pool.map(make, [LIMIT / 4, LIMIT / 4, LIMIT / 4, LIMIT / 4], { chunkSize: 4 })
      assert.ok(together.every((text) => text.length === LIMIT / 4))
      const thrown = pool.apply(
        (n: number) => {
          throw new Error('ü'.repeat(n))
        },
        [LIMIT],
      )
      await assert.rejects(async () => thrown)
      assert.equal(await pool.apply(make, [1]), 'ö')
    })
  })

  it('that a channel refuses nevertheless costs its own tasks only', async () => {
    const refusing = new RefusingBackend()
    const core = new PoolCore(checkPoolOptions({ processes: 1 }), refusing)
    const same = (n: number): number => n
    const results = startMap(core, 'map', same, [0, 1, 2, 3], { chunkSize: 1, onError: 'settle' })
    assert.deepEqual(
      ((await refusing.run(results)) as PromiseSettledResult<number>[]).map((one) =>
        one.status === 'fulfilled' ? one.value : (one.reason as Error).message,
      ),
      [0, 'refused 1', 2, 3],
    )
    assert.equal(core.roster.members[0]?.items, 0)
    assert.equal(core.roster.members[0]?.batches.length, 0)
    const ended = core.terminate()
    await refusing.run(ended)
  })
})

/** A backend whose channels cannot carry the item 1. */
class RefusingBackend extends FakeBackend {
  override spawn(options: SpawnOptions): Worker {
    const worker = super.spawn(options)
    const send = worker.channel.send.bind(worker.channel)
    worker.channel.send = (message) => {
      if (message.kind === Kind.chunk && message.index === 1) throw new RangeError('refused 1')
      return send(message)
    }
    return worker
  }

  async run<T>(until: Promise<T>): Promise<T> {
    let isOver = false
    const over = (): void => void (isOver = true)
    until.then(over, over)
    while (!isOver) {
      for (const worker of this.living.slice()) worker.step(0.1)
      await turn()
    }
    return until
  }
}
