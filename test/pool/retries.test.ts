import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, it } from 'node:test'
import { CancelledError, Pool, RetriesError, WorkerCrashedError, currentTask } from 'manycore'
import { holdTimers } from '../support/held-timers.ts'
import { makeGate } from '../support/meeting.ts'
import { onEachBackend, sudden } from '../support/on-backends.js'

onEachBackend('retries', (place) => {
  const { backend } = place
  const end = sudden(place)
  const folder = mkdtempSync(join(tmpdir(), 'manycore-retries-'))
  const pool = new Pool({ backend, processes: 2 })
  after(async () => {
    await pool.terminate()
    rmSync(folder, { recursive: true })
  })
  let files = 0
  const newFile = (): string => join(folder, String(++files))
  const linesOf = (file: string): string[] => readFileSync(file, 'utf8').trim().split('\n')
  const soon = { limit: 3, backoff: 0 }

  it('nothing runs twice by default', async () => {
    const file = newFile()
    const die = () => {
      appendFileSync(file, 'x\n')
      end()
    }
    await assert.rejects(pool.apply(die), WorkerCrashedError)
    await assert.rejects(pool.apply(die, [], { retries: 0 }), WorkerCrashedError)
    assert.equal(linesOf(file).length, 2)
  })

  it('a task whose worker was lost runs again, and knows which attempt it is', async () => {
    const task = pool.apply(
      () => {
        if (currentTask().attempt < 3) end()
        return currentTask().attempt
      },
      [],
      { retries: soon },
    )
    assert.equal(await task, 3)
    assert.equal(task.attempts, 3)
  })

  it('a poison item is given up by name after its budget, and the rest completes once', async () => {
    const file = newFile()
    const work = (n: number) => {
      appendFileSync(file, `${n} ${currentTask().attempt}\n`)
      if (n === 7) process.exit(3)
      return n * 2
    }
    const items = Array.from({ length: 20 }, (_, n) => n)
    const results = await pool.map(work, items, { retries: soon, chunkSize: 5, onError: 'settle' })
    for (const [n, result] of results.entries()) {
      if (n !== 7) assert.deepEqual(result, { status: 'fulfilled', value: n * 2 })
    }
    const poison = results[7]
    assert.ok(poison?.status === 'rejected' && poison.reason instanceof RetriesError)
    assert.deepEqual([poison.reason.code, poison.reason.attempts, poison.reason.itemIndex], ['MC_TASK_RETRIES', 4, 7])
    assert.match(poison.reason.message, /^Item 7 of map\(work\) failed in each of 4 attempts\./)
    assert.ok(poison.reason.cause instanceof WorkerCrashedError && poison.reason.cause.exitCode === 3)
    const lines = linesOf(file)
    assert.deepEqual(
      lines.filter((line) => line.startsWith('7 ')),
      ['7 1', '7 2', '7 3', '7 4'],
    )
    assert.equal(lines.length, 19 + 4)
  })

  it('on chooses which errors are worth another attempt', async () => {
    const flaky = (kind: string) => {
      if (currentTask().attempt < 2) throw kind === 'busy' ? new RangeError(kind) : new TypeError(kind)
      return kind
    }
    const seen: unknown[] = []
    const retries = {
      limit: 2,
      backoff: 1,
      on: (error: unknown, attempt: number) => {
        seen.push((error as Error).name, attempt)
        return error instanceof RangeError
      },
    }
    assert.equal(await pool.apply(flaky, ['busy'], { retries }), 'busy')
    await assert.rejects(pool.apply(flaky, ['wrong'], { retries }), TypeError)
    assert.deepEqual(seen, ['RangeError', 1, 'TypeError', 1])
    const stream: string[] = []
    for await (const kind of pool.imap(flaky, ['busy', 'busy'], { retries })) stream.push(kind)
    assert.deepEqual(stream, ['busy', 'busy'])
    const broken = {
      limit: 1,
      on: () => {
        throw new Error('on itself failed')
      },
    }
    await assert.rejects(pool.apply(flaky, ['busy'], { retries: broken }), /on itself failed/)
    const late = { limit: 1, on: (async () => false) as never }
    const refused = { code: 'MC_ARGUMENT_INVALID', message: /must not be an async function/ }
    await assert.rejects(pool.apply(flaky, ['busy'], { retries: late }), refused)
  })

  it('gives up by name also what throws something without a text', async () => {
    const odd = () => {
      throw Object.create(null)
    }
    const retries = { limit: 1, backoff: 0, on: () => true }
    const last = {
      code: 'MC_TASK_RETRIES',
      message: /in each of 2 attempts\. The last error: \[Object: null prototype\]/,
    }
    await assert.rejects(pool.apply(odd, [], { retries }), last)
    await assert.rejects(pool.map(odd, [1], { retries }), last)
  })

  it('a task that ran too long is run again only when it is over', async () => {
    const file = newFile()
    using gate = makeGate()
    const { reach } = gate
    const slow = async () => {
      const { attempt, signal } = currentTask()
      if (attempt === 2) return 'second'
      await new Promise((resolve) => {
        signal.addEventListener('abort', resolve)
        reach()
      })
      await new Promise((resolve) => setTimeout(resolve, 50))
      appendFileSync(file, 'cleaned up\n')
      return 'first'
    }
    using limit = holdTimers()
    void gate.reached().then(() => limit.strike())
    const retries = {
      limit: 1,
      backoff: 0,
      on: (error: unknown) => (error as { code: string }).code === 'MC_TASK_TIMEOUT',
    }
    assert.equal(await pool.apply(slow, [], { timeout: limit.ms, grace: 60_000, retries }), 'second')
    assert.deepEqual(linesOf(file), ['cleaned up'])
  })

  it('buffers are the same in each attempt', async () => {
    const bytes = new Uint8Array(100_000).fill(7)
    const task = pool.apply(
      (got: Uint8Array) => {
        if (currentTask().attempt === 1) end()
        return got.every((byte) => byte === 7)
      },
      [bytes],
      { retries: soon },
    )
    bytes.fill(0)
    assert.equal(await task, true)
  })

  it('a task that pauses before its next attempt can be cancelled, and ends with its pool', async () => {
    const own = new Pool({ backend, processes: 1 })
    const fail = () => {
      throw new Error('no')
    }
    const retries = { limit: 5, backoff: 1_000_000, on: () => true }
    const cancelled = own.apply(fail, [], { retries })
    const ended = own.apply(fail, [], { retries })
    const mapped = own.map(fail, [1], { retries })
    while (cancelled.attempts + ended.attempts < 2 || cancelled.state === 'running' || ended.state === 'running')
      await own.apply((n: number) => n, [1])
    assert.equal(cancelled.cancel(), true)
    await assert.rejects(cancelled, { code: 'MC_TASK_CANCELLED' })
    const over = [ended, mapped].map((promise) => assert.rejects(promise, { code: 'MC_TASK_CANCELLED' }))
    await own.terminate()
    await Promise.all(over)
  })

  it('a call is given up, and its pool goes on or ends, when whoever is asked does that', async () => {
    const file = newFile()
    const fail = (n: number) => {
      appendFileSync(file, `${n}\n`)
      throw new Error('no')
    }
    const own = new Pool({ backend, processes: 1 })
    const asked = (act: () => void) => ({ limit: 3, backoff: 0, on: () => (act(), true) })
    const [one, other] = [new AbortController(), new AbortController()]
    const call = own.apply(fail, [1], { signal: one.signal, retries: asked(() => one.abort()) })
    await assert.rejects(call, { name: 'AbortError' })
    const mapped = own.map(fail, [2, 3], { signal: other.signal, retries: asked(() => other.abort()) })
    await assert.rejects(mapped, { name: 'AbortError' })
    assert.equal(await own.apply(Math.sqrt, [9]), 3)
    assert.deepEqual([call.state, call.attempts], ['failed', 1])
    const { queued, retried } = own.stats()
    assert.deepEqual([queued, retried], [0, 0])
    const ending = asked(() => void own.terminate())
    const all = [own.apply(fail, [4], { retries: ending }), own.apply(fail, [5]), own.map(fail, [6])]
    const results = await Promise.allSettled(all)
    assert.deepEqual(
      results.map((result) => result.status === 'rejected' && result.reason.message.replace(/^.*(?=was c)/, '')),
      ['no', 'was cancelled: its pool was terminated.', 'was cancelled: its pool was terminated.'],
    )
    await own.join()
    const lines = linesOf(file)
    assert.equal(new Set(lines).size, lines.length)
  })

  it('what comes back from a lost worker is settled too when whoever is asked has ended the pool', async () => {
    const own = new Pool({ backend, processes: 1 })
    // Calls that take no time are sent together.
    const quick = (n: number) => {
      if (n === 3) end()
      return currentTask().id
    }
    for (let n = 0; n < 5; n++) await own.apply(quick, [0])
    const on = () => {
      void own.terminate()
      return true
    }
    const calls = Array.from({ length: 10 }, (_, n) => own.apply(quick, [n], { retries: { limit: 1, on } }))
    const results = await Promise.allSettled(calls)
    assert.deepEqual(
      results.map(({ status }) => status),
      calls.map((_, n) => (n < 3 ? 'fulfilled' : 'rejected')),
    )
    await own.join()
  })

  it('what a pool within a task has lost or given up is an error of the task as any other', async () => {
    const own = new Pool({ backend, processes: 1 })
    const within = async (how: 'cancelled' | 'lost') => {
      const inner = new Pool({ backend: 'inline' })
      const task = inner.apply(() => (how === 'lost' ? process.exit(3) : new Promise(() => {})))
      if (how === 'cancelled') void inner.terminate()
      try {
        await task
      } finally {
        await inner.terminate()
      }
    }
    const lost = own.apply(within, ['lost'], { retries: soon })
    await assert.rejects(lost, (error) => error instanceof WorkerCrashedError && error.exitCode === 3)
    const cancelled = own.apply(within, ['cancelled'])
    await assert.rejects(cancelled, CancelledError)
    await assert.rejects(own.map(within, ['cancelled', 'lost'], { retries: soon }), CancelledError)
    assert.deepEqual([lost.attempts, lost.state, cancelled.state], [1, 'failed', 'failed'])
    const { failed, lost: gone, retried } = own.stats()
    assert.deepEqual([failed, gone, retried], [4, 0, 0])
    const twice = { limit: 1, backoff: 0, on: () => true }
    await assert.rejects(own.apply(within, ['cancelled'], { retries: twice }), { code: 'MC_TASK_RETRIES' })
    await own.terminate()
  })

  it('refuses what is no number of retries', () => {
    for (const retries of [
      -1,
      1.5,
      { limit: -1 },
      { limit: 1, backoff: -1 },
      { limit: 1, on: 5 },
      { limit: 1, wait: 1 },
    ])
      assert.throws(() => pool.apply(() => 1, [], { retries: retries as never }), { code: 'MC_ARGUMENT_INVALID' })
  })
})
