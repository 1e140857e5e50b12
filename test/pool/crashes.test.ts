import assert from 'node:assert/strict'
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, it } from 'node:test'
import { Pool, Process, currentProcess, WorkerCrashedError } from 'manycore'
import { deferred } from '#dist/base/deferred.js'
import { duringImport, enterTasks } from '#dist/base/nesting.js'
import { eventually } from '../support/eventually.ts'
import { inEachOf } from '../support/meeting.ts'
import { needs, onEachBackend, sudden } from '../support/on-backends.js'
import { allGone } from '../support/processes.ts'

onEachBackend('workers that die', (place) => {
  const { backend } = place
  const die = sudden(place)
  let folder: string
  let files = 0
  before(() => (folder = mkdtempSync(join(tmpdir(), 'manycore-crash-'))))
  after(() => rmSync(folder, { recursive: true }))
  const newFile = (): string => join(folder, `file-${++files}`)
  const linesOf = (file: string): string[] => (existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [])

  for (const [how, end, code, signal] of [
    ['process.exit(0)', () => process.exit(0), 0, null],
    ['process.exit(3)', () => process.exit(3), 3, null],
    ['process.abort()', () => process.abort(), null, 'SIGABRT'],
    ['SIGKILL', () => process.kill(process.pid, 'SIGKILL'), null, 'SIGKILL'],
    ['SIGSEGV', () => process.kill(process.pid, 'SIGSEGV'), null, 'SIGSEGV'],
  ] as const) {
    const options = signal === null ? {} : needs(place, 'diesAlone')

    it(
      `#214 #230 a task that ends its worker by ${how} fails with what happened, and the pool goes on`,
      options,
      async () => {
        await using pool = new Pool({ backend, processes: 1 })
        const stop = async (fn: () => unknown) => {
          fn()
          await new Promise(() => {})
        }
        const error: unknown = await pool.apply(stop, [end]).catch((reason: unknown) => reason)
        assert.ok(error instanceof WorkerCrashedError)
        assert.equal(error.code, 'MC_WORKER_CRASHED')
        assert.deepEqual([error.exitCode, error.signal], [code, signal])
        assert.equal(error.itemIndex, undefined)
        assert.match(error.message, /^Task 1, stop\(\) failed: its worker PoolWorker-\d+ \(pid \d+\) /)
        assert.equal(await pool.apply(() => 'alive'), 'alive')
      },
    )

    it(
      `#231 ${how} in the middle of a chunk costs exactly the item that ran, and nothing runs twice`,
      options,
      async () => {
        await using pool = new Pool({ backend, processes: 2 })
        const file = newFile()
        const run = (n: number) => {
          appendFileSync(file, `${n}\n`)
          if (n === 37) {
            end()
            Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000)
          }
          return n * 2
        }
        const items = Array.from({ length: 100 }, (_, n) => n)
        const results = await pool.map(run, items, { chunkSize: 25, onError: 'settle' })
        const failed = results.flatMap((one, n) =>
          one.status === 'rejected' ? [[n, one.reason as unknown] as const] : [],
        )
        assert.deepEqual(
          failed.map(([n]) => n),
          [37],
        )
        const error = failed[0]?.[1]
        assert.ok(error instanceof WorkerCrashedError)
        assert.equal(error.itemIndex, 37)
        assert.deepEqual(
          results.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])),
          items.filter((n) => n !== 37).map((n) => n * 2),
        )
        assert.deepEqual(
          linesOf(file)
            .map(Number)
            .sort((a, b) => a - b),
          items,
        )
      },
    )
  }

  it('#231 a SIGKILL from outside costs the task that ran, among fifty', needs(place, 'diesAlone'), async () => {
    await using pool = new Pool({ backend, processes: 2 })
    const file = newFile()
    const run = async (n: number) => {
      appendFileSync(file, `${n} ${process.pid}\n`)
      await new Promise((resolve) => setTimeout(resolve, n === 20 ? 60_000 : 10))
      return n
    }
    const tasks = Array.from({ length: 50 }, (_, n) => pool.apply(run, [n]))
    const others = tasks.flatMap((task, n) => (n === 20 ? [] : [task]))
    assert.deepEqual(
      await Promise.all(others),
      Array.from({ length: 50 }, (_, n) => n).filter((n) => n !== 20),
    )
    assert.equal(tasks[20]?.state, 'running')
    await eventually(() => assert.ok(linesOf(file).some((line) => line.startsWith('20 '))))
    const began = linesOf(file).map((line) => line.split(' ').map(Number))
    process.kill(began.find(([n]) => n === 20)?.[1] ?? 0, 'SIGKILL')
    await assert.rejects(tasks[20] as Promise<unknown>, { code: 'MC_WORKER_CRASHED', signal: 'SIGKILL' })
    assert.deepEqual(
      began.map(([n]) => n).sort((x = 0, y = 0) => x - y),
      Array.from({ length: 50 }, (_, n) => n),
    )
  })

  it('#231 every item that kills its worker fails by itself', async () => {
    await using pool = new Pool({ backend, processes: 2 })
    const run = (n: number) => {
      if (n % 5 === 0) process.exit(n)
      return n
    }
    const results = await pool.map(
      run,
      Array.from({ length: 20 }, (_, n) => n),
      { onError: 'settle' },
    )
    for (const [n, one] of results.entries()) {
      if (n % 5 !== 0) assert.deepEqual(one, { status: 'fulfilled', value: n })
      else
        assert.deepEqual(
          [one.status, one.status === 'rejected' && (one.reason as WorkerCrashedError).exitCode],
          ['rejected', n],
        )
    }
    await assert.rejects(pool.map(run, [1, 5, 2, 10]), { code: 'MC_WORKER_CRASHED', itemIndex: 1 })
    const streamed = []
    for await (const one of pool.imap(run, [1, 5, 2], { onError: 'settle' })) streamed.push(one.status)
    assert.deepEqual(streamed, ['fulfilled', 'rejected', 'fulfilled'])
  })

  it(
    '#230 an error outside of a task, while one runs, costs the task that ran',
    needs(place, 'fallsAlone'),
    async () => {
      await using pool = new Pool({ backend, processes: 1 })
      const late = async () => {
        setTimeout(() => {
          throw new Error('nobody catches this')
        }, 10)
        await new Promise((resolve) => setTimeout(resolve, 60_000))
      }
      const warned = new Promise((resolve) => process.once('warning', resolve))
      await assert.rejects(
        pool.apply(late),
        (error) => error instanceof WorkerCrashedError && /nobody catches this/.test(error.stderrTail),
      )
      assert.match(String(await warned), /nobody catches this/)
      assert.equal(await pool.apply(() => 1), 1)
    },
  )

  it(
    '#230 a worker that ends while it is idle is replaced, and nothing fails',
    needs(place, 'fallsAlone'),
    async () => {
      await using pool = new Pool({ backend, processes: 1 })
      const name = await pool.apply(() => {
        setImmediate(() => process.exit(3))
        return currentProcess().name
      })
      while (pool.stats().workers.some((worker) => worker.name === name))
        await new Promise((resolve) => setTimeout(resolve, 5))
      assert.notEqual(await pool.apply(() => currentProcess().name), name)
    },
  )

  it(
    '#230 a worker that is killed while it is idle is replaced, and nothing fails',
    needs(place, 'diesAlone'),
    async () => {
      await using pool = new Pool({ backend, processes: 1 })
      const pid = await pool.apply(() => process.pid)
      process.kill(pid, 'SIGKILL')
      await allGone([pid])
      const other = await pool.apply(() => process.pid)
      assert.notEqual(other, pid)
    },
  )

  it('#230 a worker is replaced also while modules are being imported, when nothing new may be started', async () => {
    await using pool = new Pool({ backend, processes: 1 })
    await pool.apply(() => 'begun')
    enterTasks()
    const { promise, resolve } = deferred<void>()
    const imported = duringImport(promise)
    const lost = pool.apply(die)
    const next = pool.apply(() => 'replaced')
    await assert.rejects(lost, { code: 'MC_WORKER_CRASHED' })
    assert.equal(await next, 'replaced')
    const nested = { code: 'MC_WORKER_NESTED' }
    assert.throws(() => new Pool({ processes: 1 }).apply(() => 'new'), nested)
    assert.throws(() => new Pool({ processes: 1, backend: 'thread' }).imap(String, [1]), nested)
    assert.throws(() => new Process({ target: () => 'new' }).start(), nested)
    resolve()
    await imported
  })

  it('#230 what cannot be decoded costs its own task, on either side', async () => {
    await using pool = new Pool({ backend, processes: 1 })
    // Is itself in the owner only: what a worker gets to see of it throws.
    class Fragile {
      readonly #place: number
      constructor(place: number) {
        this.#place = place
      }
      static at(place: number): Fragile {
        return new Fragile(place)
      }
      get place(): number {
        if (currentProcess().name !== 'MainProcess') throw new RangeError('not here')
        return this.#place
      }
    }
    const results = await pool.map(
      (one: unknown) => (one instanceof Object ? (one as Fragile).place : one),
      [1, Fragile.at(2), 3],
      {
        onError: 'settle',
      },
    )
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    )
  })

  it(
    '#237 all workers killed at once while 1,000 tasks wait: all settle, and at most one each is lost',
    needs(place, 'diesAlone'),
    async () => {
      await using pool = new Pool({ backend, processes: 2 })
      const file = newFile()
      const run = async (n: number) => {
        appendFileSync(file, `${n}\n`)
        await new Promise((resolve) => setTimeout(resolve, 1))
        return process.pid
      }
      const pids = await inEachOf(pool, 2, () => process.pid)
      const tasks = Array.from({ length: 1000 }, (_, n) => pool.apply(run, [n]))
      await Promise.race(tasks)
      for (const pid of pids) process.kill(pid, 'SIGKILL')
      const settled = await Promise.allSettled(tasks)
      const lost = settled.flatMap(({ status }, n) => (status === 'rejected' ? [n] : []))
      assert.ok(lost.length <= 2, `${lost.length} lost`)
      const ran = linesOf(file).map(Number)
      assert.equal(new Set(ran).size, ran.length, 'none ran twice')
      // One that is lost may have been killed before it wrote anything.
      const all = new Set([...ran, ...lost])
      assert.equal(all.size, tasks.length, 'the others ran')
    },
  )

  it('workers killed again and again cost one task each, and nothing runs twice', async () => {
    await using pool = new Pool({ backend, processes: 2 })
    const file = newFile()
    const run = (n: number) => {
      appendFileSync(file, `${n}\n`)
      if (Math.random() < 0.02) die()
      return n
    }
    const items = Array.from({ length: 600 }, (_, n) => n)
    const results = await pool.map(run, items, { onError: 'settle' })
    assert.deepEqual(
      linesOf(file)
        .map(Number)
        .sort((a, b) => a - b),
      items,
    )
    for (const [n, one] of results.entries()) {
      if (one.status === 'fulfilled') assert.equal(one.value, n)
      else
        assert.deepEqual(
          [(one.reason as WorkerCrashedError).code, (one.reason as WorkerCrashedError).itemIndex],
          ['MC_WORKER_CRASHED', n],
        )
    }
  })

  it(
    'one item of a function that leaves nothing behind is found to be what kills',
    needs(place, 'diesAlone'),
    async () => {
      await using pool = new Pool({ processes: 1, execArgv: ['--max-old-space-size=30'] })
      const numberOfWorker = async () => Number((await pool.apply(() => currentProcess().name)).split('-')[1])
      const first = await numberOfWorker()
      // No journal is kept for it before a worker has died.
      const fillsTheHeap = (n: number): number => (n === 57 ? new Array<number>(2 ** 26).fill(n).length : n)
      const results = await pool.map(
        fillsTheHeap,
        Array.from({ length: 100 }, (_, n) => n),
        { onError: 'settle' },
      )
      const lost = results.flatMap((one) => (one.status === 'rejected' ? [one.reason as WorkerCrashedError] : []))
      assert.deepEqual(
        lost.map(({ code, itemIndex }) => [code, itemIndex]),
        [['MC_WORKER_CRASHED', 57]],
      )
      for (const [n, one] of results.entries()) if (one.status === 'fulfilled') assert.equal(one.value, n)
      assert.equal((await numberOfWorker()) - first, 2)
    },
  )

  it('a killed worker does not disturb the streams', async () => {
    await using pool = new Pool({ backend, processes: 2 })
    const run = async (n: number) => {
      if (n === 50) die()
      await new Promise((resolve) => setImmediate(resolve))
      return n
    }
    const seen: number[] = []
    const results = pool.imap(
      run,
      Array.from({ length: 200 }, (_, n) => n),
      { buffer: 16 },
    )
    for (;;) {
      try {
        const step = await results.next()
        if (step.done === true) break
        seen.push(step.value)
      } catch (error) {
        assert.equal((error as WorkerCrashedError).itemIndex, 50)
      }
    }
    assert.deepEqual(
      seen,
      Array.from({ length: 200 }, (_, n) => n).filter((n) => n !== 50),
    )
  })
})
