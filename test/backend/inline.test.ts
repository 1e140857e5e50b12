import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Pool, WorkerCrashedError, currentProcess } from 'manycore'
import { inEachOf, makeGate } from '../support/meeting.js'

describe('inline workers', () => {
  it('get copies of what tasks capture and are given, and classes stay what they are', async () => {
    class Counter {
      n = 0
    }
    const captured = { n: 1 }
    await using pool = new Pool({ backend: 'inline', processes: 1 })
    const given = new Counter()
    const change = (counter: Counter): Counter => {
      captured.n++
      counter.n = captured.n
      return counter
    }
    const back = await pool.apply(change, [given])
    assert.deepEqual([captured.n, given.n, back.n, back instanceof Counter], [1, 0, 2, true])
  })

  it('know who they are while they run, and the program is still itself', async () => {
    await using pool = new Pool({ backend: 'inline', processes: 2, name: 'In' })
    using gate = makeGate()
    const { pass } = gate
    const before = pool.apply(() => pass().then(() => currentProcess().name))
    await gate.reached()
    assert.equal(currentProcess().name, 'MainProcess')
    gate.open()
    assert.match(await before, /^In-\d+$/)
    const pending = inEachOf(pool, 2, () => currentProcess().name)
    assert.equal(new Set(await pending).size, 2)
    for (const name of await pending) assert.match(name, /^In-\d+$/)
  })

  it('take process.exit() for their own end: the item that called it fails, the others run once', async () => {
    const { exit } = process
    const ran: number[] = []
    const note = (n: number): void => void ran.push(n)
    Object.assign(globalThis, { note })
    const run = (n: number): number => {
      ;(globalThis as unknown as { note: (n: number) => void }).note(n)
      if (n === 37) process.exit(3)
      return n
    }
    const pool = new Pool({ backend: 'inline', processes: 2 })
    const items = Array.from({ length: 100 }, (_, n) => n)
    const results = await pool.map(run, items, { chunkSize: 25, onError: 'settle' })
    const failed = results.flatMap((one, n) => (one.status === 'rejected' ? [[n, one.reason as unknown] as const] : []))
    assert.equal(failed.length, 1)
    const [at, error] = failed[0] ?? []
    assert.equal(at, 37)
    assert.ok(error instanceof WorkerCrashedError)
    assert.equal(error.exitCode, 3)
    assert.deepEqual(
      ran.toSorted((a, b) => a - b),
      items,
    )
    pool.close()
    await pool.join()
    assert.equal(process.exit, exit)
  })

  it('leave process.exit() to whoever has put his own around it meanwhile, also for those that come later', async () => {
    const { exit } = process
    const codes: unknown[] = []
    process.exit = (code) => codes.push(code) as never
    try {
      await using pool = new Pool({ backend: 'inline', processes: 1 })
      await pool.apply(() => 0)
      const inner = process.exit
      process.exit = (code) => inner(code)
      await pool.terminate()
      await using later = new Pool({ backend: 'inline', processes: 1 })
      await later.apply(() => 0)
      process.exit(7)
      await assert.rejects(
        later.apply(() => process.exit(3)),
        { code: 'MC_WORKER_CRASHED', exitCode: 3 },
      )
    } finally {
      process.exit = exit
    }
    assert.deepEqual(codes, [7])
  })

  it('are given up when their time is up, and a task that waits is not heard any more', async () => {
    await using pool = new Pool({ backend: 'inline', processes: 1 })
    await assert.rejects(
      pool.apply(() => new Promise(() => {}), [], { timeout: 20 }),
      { code: 'MC_TASK_TIMEOUT' },
    )
    assert.equal(await pool.apply(() => 'next'), 'next')
  })

  it('refuse what they cannot have', () => {
    for (const options of [
      { cwd: '/' },
      { execPath: '/node' },
      { env: {} },
      { execArgv: [] },
      { resourceLimits: {} },
    ]) {
      const message = new RegExp(Object.keys(options)[0] as string)
      assert.throws(() => new Pool({ backend: 'inline', ...options }), { code: 'MC_ARGUMENT_INVALID', message })
    }
  })
})
