import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, appendFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, it } from 'node:test'
import { CancelledError, Pool, StateError, currentProcess, currentTask } from 'manycore'
import { inEachOf } from '../support/meeting.js'
import { SOON_MS, allGone } from '../support/processes.ts'
import { startProgram } from '../support/run-program.ts'
import { onEachBackend } from '../support/on-backends.js'

const sleepMs = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

onEachBackend('the life of a pool', (place) => {
  const { backend } = place
  // Nothing ends what an inline task waits for, and it keeps the test alive.
  const longMs = backend === 'inline' ? 1_000 : 60_000
  let folder: string
  before(() => (folder = mkdtempSync(join(tmpdir(), 'manycore-pool-'))))
  after(() => rmSync(folder, { recursive: true }))

  it('#201 the initializer runs once in each worker before any task, and the tasks see what it did', async () => {
    const file = join(folder, 'initialized')
    const initializer = async (word: string) => {
      await new Promise((resolve) => setTimeout(resolve, 10))
      appendFileSync(file, `${currentProcess().name}\n`)
      Object.assign(globalThis, { word })
    }
    await using pool = new Pool({ backend, processes: 2, initializer, initializerArgs: ['ready'] })
    const task = async () => {
      await new Promise((resolve) => setTimeout(resolve, 20))
      return [(globalThis as { word?: string }).word, currentProcess().name] as const
    }
    const seen = await Promise.all(Array.from({ length: 8 }, () => pool.apply(task)))
    assert.deepEqual(new Set(seen.map(([word]) => word)), new Set(['ready']))
    const names = readFileSync(file, 'utf8').trim().split('\n')
    assert.equal(new Set(names).size, names.length, 'once in each')
    assert.ok(seen.every(([, name]) => names.includes(name)))
  })

  it('#203 maxTasksPerWorker: 2 shows two workers for four tasks with one worker, also after close()', async () => {
    const pool = new Pool({ backend, processes: 1, maxTasksPerWorker: 2 })
    const names = []
    for (let n = 0; n < 4; n++) names.push(await pool.apply(() => currentProcess().name))
    assert.equal(new Set(names).size, 2)
    assert.equal(names[0], names[1])
    const mapped = pool.map(() => currentProcess().name, [1, 2, 3, 4, 5])
    const tasks = [1, 2, 3].map(() => pool.apply(() => currentProcess().name))
    pool.close()
    const counts = new Map<string, number>()
    for (const name of [...(await mapped), ...(await Promise.all(tasks))]) counts.set(name, (counts.get(name) ?? 0) + 1)
    assert.ok(
      [...counts.values()].every((count) => count <= 2),
      'no worker did more than two',
    )
    await pool.join()
  })

  it('#206 after close() a submit throws, what is pending finishes, and join() returns', async () => {
    const pool = new Pool({ backend, processes: 2 })
    const pending = [pool.apply(sleepMs, [50]), pool.map(async (n: number) => n, [1, 2, 3])]
    const stream = pool.imap((n: number) => n, [1, 2, 3])
    pool.close()
    for (const submit of [
      () => pool.apply(() => 1),
      () => pool.map(String, [1]),
      () => pool.starmap(Math.pow, [[1, 2]]),
      () => pool.imap(String, [1]),
      () => pool.imapUnordered(String, [1]),
    ]) {
      assert.throws(submit, (error) => error instanceof StateError && error.code === 'MC_POOL_CLOSED')
    }
    assert.deepEqual(await Promise.all(pending), [undefined, [1, 2, 3]])
    await pool.join()
    const read = []
    for await (const n of stream) read.push(n)
    assert.deepEqual(read, [1, 2, 3])
  })

  it('#207 join() before close() or terminate() throws', async () => {
    const pool = new Pool({ backend, processes: 1 })
    assert.throws(
      () => pool.join(),
      (error) => error instanceof StateError && error.code === 'MC_POOL_RUNNING',
    )
    pool.close()
    await pool.join()
  })

  it('#208 #209 terminate() with 10,000 slow tasks pending ends the workers soon and rejects the promises', async () => {
    const pool = new Pool({ backend, processes: 2 })
    const pids = await inEachOf(pool, 2, () => process.pid)
    const tasks = Array.from({ length: 10_000 }, () => pool.apply(sleepMs, [longMs]))
    const mapped = pool.map(sleepMs, [longMs, longMs])
    const stream = pool.imap(sleepMs, [longMs])
    const next = stream.next()
    const startMs = performance.now()
    await pool.terminate()
    assert.ok(performance.now() - startMs < SOON_MS)
    if (place.has('diesAlone')) await allGone(pids)
    const settled = await Promise.allSettled([...tasks, mapped, next])
    assert.ok(settled.every((one) => one.status === 'rejected' && one.reason instanceof CancelledError))
    assert.equal(tasks[0]?.state, 'cancelled')
  })

  it('#209 promises that nobody handles do not end the program when the pool is terminated', async () => {
    const ran = await startProgram('pool/terminates-with-work').ended
    assert.deepEqual([ran.code, ran.stdout, ran.stderr], [0, 'terminated\n', ''])
  })

  it('#210 close(), join() and terminate() may be repeated, in any order', async () => {
    const pool = new Pool({ backend, processes: 1 })
    assert.equal(await pool.apply(() => 1), 1)
    pool.close()
    pool.close()
    await Promise.all([pool.join(), pool.join()])
    await pool.terminate()
    await pool.terminate()
    pool.close()
    await pool.join()
    assert.throws(() => pool.apply(() => 1), { code: 'MC_POOL_CLOSED' })
    const unused = new Pool({ backend })
    await unused.terminate()
    await unused.join()
  })

  it('#210 `using` ends a pool at once, `await using` lets it finish', async () => {
    let task
    {
      using pool = new Pool({ backend, processes: 1 })
      task = pool.apply(sleepMs, [longMs])
    }
    await assert.rejects(task, CancelledError)
    {
      await using pool = new Pool({ backend, processes: 1 })
      task = pool.apply(() => 'done')
    }
    assert.equal(await task, 'done')
  })

  it('join({ timeout }) gives up the wait', async () => {
    const pool = new Pool({ backend, processes: 1 })
    const task = pool.apply(sleepMs, [longMs])
    pool.close()
    await assert.rejects(pool.join({ timeout: 20 }), { code: 'MC_WAIT_TIMEOUT' })
    await pool.terminate()
    await assert.rejects(task, CancelledError)
  })

  it('join() does not wait for streams that nobody reads', async () => {
    const endless = function* () {
      for (;;) yield 1
    }
    const pool = new Pool({ backend, processes: 1 })
    const unread = pool.imap((n: number) => n, endless())
    const failing = pool.imap((n: number) => {
      if (n === 1) throw new Error('no')
    }, endless())
    await assert.rejects(async () => {
      for await (const _ of failing) continue
    }, /no/)
    pool.close()
    await pool.join()
    await assert.rejects(unread.next(), CancelledError)
  })

  it('#212 a pool that is dropped without close() does not keep the program alive', async () => {
    const ran = await startProgram('pool/dropped').ended
    assert.deepEqual([ran.code, ran.stdout], [0, '[ 2, 4 ]\n'])
  })

  it('join() keeps the program alive until a worker that was killed has ended', async () => {
    const { stdout, code } = await startProgram('pool/joins-after-a-kill').ended
    assert.deepEqual([stdout, code], ['MC_TASK_TIMEOUT\njoined\n', 0])
  })

  it('a pending task keeps the program alive', async () => {
    const ran = await startProgram('pool/pending').ended
    assert.deepEqual([ran.code, ran.stdout], [0, 'late\n'])
  })

  it('#226 workers are started on demand, idle ones are used again, and never more than `processes` run', async () => {
    await using pool = new Pool({ backend, processes: 3 })
    const names = new Set<string>()
    for (let n = 0; n < 10; n++) names.add(await pool.apply(() => currentProcess().name))
    assert.equal(names.size, 1)
    const all = new Set(await inEachOf(pool, 3, () => currentProcess().name))
    assert.equal(all.size, 3)
    assert.ok([...names].every((name) => all.has(name)))
    for (const name of await pool.map(() => currentProcess().name, Array.from({ length: 60 }), { chunkSize: 1 }))
      assert.ok(all.has(name), 'no fourth one')
  })

  it('#227 a task may be submitted where another one settles', async () => {
    await using pool = new Pool({ backend, processes: 1 })
    const last = await pool.apply((n: number) => n + 1, [1]).then((n) => pool.apply((m: number) => m + 1, [n]))
    assert.equal(last, 3)
  })

  it('#228 closing right after a task was cancelled, or could not be sent, never hangs', async () => {
    for (let n = 0; n < 5; n++) {
      const pool = new Pool({ backend, processes: 1 })
      const tasks = [1, 2, 3].map((m) => pool.apply((k: number) => k, [m]))
      assert.equal(tasks[2]?.cancel(), true)
      assert.throws(() => pool.apply((k: unknown) => k, [Promise.resolve()]), { code: 'MC_VALUE_UNSENDABLE' })
      pool.close()
      await pool.join()
      assert.deepEqual(await Promise.all(tasks.slice(0, 2)), [1, 2])
      await assert.rejects(tasks[2] as Promise<number>, CancelledError)
    }
  })

  it('takes options that a class has as getters, each once', async () => {
    let reads = 0
    class PoolSettings {
      readonly backend = backend
      get name(): string {
        return `Ada${++reads}`
      }
      get processes(): number {
        return 1
      }
    }
    class MapSettings {
      get onError(): 'settle' {
        return 'settle'
      }
      get retries(): number {
        return 1
      }
    }
    await using pool = new Pool(new PoolSettings())
    const run = (): readonly [string, number] => [currentProcess().name.replace(/-\d+$/, ''), currentTask().attempt]
    const value = ['Ada1', 1] as const
    assert.deepEqual(await pool.map(run, [1], new MapSettings()), [{ status: 'fulfilled', value }])
    assert.deepEqual(await pool.imap(run, [1], new MapSettings()).next(), {
      done: false,
      value: { status: 'fulfilled', value },
    })
  })

  it('names its workers', async () => {
    await using pool = new Pool({ backend, processes: 1, name: 'Resizer' })
    assert.match(await pool.apply(() => currentProcess().name), /^Resizer-\d+$/)
  })

  it('#180 arguments, items and results are released once they were handed out', async () => {
    const ran = await startProgram('pool/releases', [], { execArgv: ['--expose-gc'] }).ended
    assert.deepEqual([ran.code, ran.stdout, ran.stderr], [0, 'released\n', ''])
  })

  it('functions that a worker was told to forget can be used again', async () => {
    await using pool = new Pool({ backend, processes: 1 })
    const adders = Array.from({ length: 200 }, (_, n) => (m: number) => n + m)
    for (let round = 0; round < 2; round++) {
      for (const [n, add] of adders.entries()) assert.equal(await pool.apply(add, [1]), n + 1)
    }
  })
})
