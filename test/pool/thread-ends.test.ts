import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, it } from 'node:test'
import type { Worker } from 'node:worker_threads'
import { Process, ThreadPool } from 'manycore'
import { makeGate } from '../support/meeting.js'
import { watchThreads } from '../support/thread-watch.js'

// More than three: so many failing starts in a row are the end of a pool. After each it pauses for longer.
const STRUCK = 4

describe('threads that somebody else terminates', () => {
  let stop = (): void => {}
  afterEach(() => stop())

  for (const [when, strike] of [
    ['as soon as they are made', (thread: Worker) => void thread.terminate()],
    ['a turn later', (thread: Worker) => void setImmediate(() => void thread.terminate())],
    [
      'when they run, before they have said anything',
      (thread: Worker) => void thread.once('online', () => void thread.terminate()),
    ],
  ] as const) {
    it(`#230 while they start, ${when}: others are started, and nothing is lost`, async () => {
      let struck = 0
      stop = watchThreads((thread) => {
        if (struck++ < STRUCK) strike(thread)
      })
      await using pool = new ThreadPool({ processes: 1 })
      assert.deepEqual(await pool.map((n: number) => n * 2, [1, 2, 3]), [2, 4, 6])
      assert.ok(struck > STRUCK)
    })
  }

  it('#230 while they run: the item that ran fails, and its error says what happened', async () => {
    const threads: Worker[] = []
    stop = watchThreads((thread) => threads.push(thread))
    await using pool = new ThreadPool({ processes: 1 })
    using gate = makeGate()
    const running = pool.apply(gate.pass)
    const waiting = pool.apply(() => 'behind it')
    await gate.reached()
    void threads[0]?.terminate()
    await assert.rejects(running, {
      code: 'MC_WORKER_CRASHED',
      exitCode: 1,
      message: /was terminated by something else in this program/,
    })
    assert.equal(await waiting, 'behind it')
  })

  it('#236 are tried ten times in a row, then the pool gives up', { timeout: 120_000 }, async (t) => {
    stop = watchThreads((thread) => void thread.terminate())
    // Only the pauses of the pool are made short.
    t.mock.method(globalThis, 'setTimeout', (over: () => void, _ms: number, ...rest: []) => setShort(over, ...rest))
    const pool = new ThreadPool({ processes: 1 })
    await assert.rejects(pool.apply(Math.abs, [1]), {
      code: 'MC_WORKER_START',
      message: /was terminated by something else in this program/,
    })
    assert.throws(() => pool.apply(Math.abs, [1]), { code: 'MC_POOL_BROKEN' })
    await pool.join()
  })
})

describe('the end of a thread', () => {
  let stop = (): void => {}
  afterEach(() => stop())

  it('is told after all that it had sent, also to an owner that was blocked for long', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'manycore-ends-'))
    const file = join(folder, 'over')
    // At the moment in which the system tells the end, and before any of what was sent is read.
    stop = watchThreads((thread) => thread.prependListener('exit', () => queueMicrotask(block)))
    const endless = new Process({
      backend: 'thread',
      target: (path: string) => {
        process.on('exit', () => writeFileSync(path, ''))
        return 'x'.repeat(100_000)
      },
      args: [file],
    }).start()
    assert.equal((await endless.result).length, 100_000)
    await endless.join()
    assert.equal(endless.exitCode, 0)
    assert.ok(existsSync(file))
    stop()
    const pool = new ThreadPool({ processes: 1 })
    const seen: number[] = []
    stop = watchThreads((thread) => thread.prependListener('exit', () => queueMicrotask(block)))
    // Each answer is a message of its own, for it is more than plain data; the last item ends the thread.
    const run = (n: number): Date => (n === 4000 ? process.exit(5) : new Date(n))
    const results = await pool.map(
      run,
      Array.from({ length: 4001 }, (_, n) => n),
      { chunkSize: 4001, onError: 'settle' },
    )
    for (const one of results) if (one.status === 'fulfilled') seen.push(Number(one.value))
    assert.equal(seen.length, 4000)
    assert.equal(results.at(-1)?.status, 'rejected')
    await pool.terminate()
    rmSync(folder, { recursive: true })
  })
})

const { setTimeout: later } = globalThis
const setShort = (over: () => void, ...rest: []): NodeJS.Timeout => later(over, 0, ...rest)

// Longer than the rest of what a worker has sent is waited for.
function block(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 700)
}
