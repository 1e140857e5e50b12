import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { after, before, describe, it } from 'node:test'
import { resourceLimits } from 'node:worker_threads'
import { ArgumentError, Pool, Process, Thread, ThreadPool, currentProcess, parentProcess } from 'manycore'
import { eventually } from '../support/eventually.js'
import { textOf } from '../support/workers.js'

const forever = (): Promise<never> =>
  new Promise(() => {
    setInterval(() => {}, 60_000)
  })

describe('a thread', () => {
  let folder: string
  before(() => (folder = mkdtempSync(join(tmpdir(), 'manycore-threads-'))))
  after(() => rmSync(folder, { recursive: true }))

  it('is named after its class and lives in this process, with a threadId of its own', async () => {
    class Reader extends Thread<[], unknown> {
      override run(): unknown {
        const { name, pid, threadId } = currentProcess()
        return { name, pid, isThread: threadId > 0, parent: parentProcess()?.name, alive: parentProcess()?.isAlive() }
      }
    }
    const reader = new Reader()
    assert.match(reader.name, /^Reader-\d+$/)
    const { name, pid } = reader
    assert.equal(pid, undefined)
    const seen = await reader.start().result
    assert.deepEqual(seen, { name, pid: process.pid, isThread: true, parent: 'MainProcess', alive: true })
    assert.equal(currentProcess().threadId, 0)
    assert.match(new Thread({ target: forever }).name, /^Thread-\d+$/)
  })

  it('ends alone with the code of its process.exit(), and nothing that it had printed is lost', async () => {
    const chatty = (): void => {
      for (let n = 0; n < 20_000; n++) console.log(`line ${n}`)
      process.exit(7)
    }
    const thread = new Thread({ target: chatty, stdio: 'pipe' }).start()
    const lines = (await textOf(thread.stdout)).trimEnd().split('\n')
    assert.equal(lines.length, 20_000)
    assert.equal(lines.at(-1), 'line 19999')
    assert.equal((await thread.exited).exitCode, 7)
    await assert.rejects(thread.result, { code: 'MC_WORKER_CRASHED', exitCode: 7 })
  })

  it('loses nothing of what it had printed when it is read after its end', async () => {
    const target = (): void => {
      for (let n = 0; n < 50; n++) process.stdout.write(`${n} ${'x'.repeat(1000)}\n`)
    }
    const thread = new Thread({ target, stdio: 'pipe' }).start()
    thread.stderr?.resume()
    await thread.exited
    const lines = (await textOf(thread.stdout)).trimEnd().split('\n')
    assert.deepEqual(
      lines.map((line) => Number.parseInt(line)),
      Array.from({ length: 50 }, (_, n) => n),
    )
  })

  it('waits when nobody reads what it prints, and ends when it is told to all the same', async () => {
    const written = new Int32Array(new SharedArrayBuffer(4))
    const thread = new Thread({
      target: () => {
        for (;;) {
          process.stdout.write('x'.repeat(1000))
          Atomics.add(written, 0, 1000)
        }
      },
      stdio: 'pipe',
    }).start()
    // What fits into the two halves of the stream, and what may be on its way.
    const most = 2 * (thread.stdout as Readable).readableHighWaterMark + 64 * 1024
    await eventually(() => assert.ok(Atomics.load(written, 0) > most - 2000))
    await thread.terminate()
    assert.ok(Atomics.load(written, 0) < most + 5000, `${written[0]} bytes`)
    assert.equal(thread.exitCode, -15)
  })

  for (const [how, signal, code] of [
    ['terminate', 'SIGTERM', -15],
    ['kill', 'SIGKILL', -9],
    ['interrupt', 'SIGINT', -2],
  ] as const) {
    it(`is ended by ${how}() although it spins`, async () => {
      const thread = new Thread({
        target: () => {
          console.log('spinning')
          for (;;) continue
        },
        stdio: 'pipe',
      }).start()
      await new Promise((resolve) => thread.stdout?.once('data', resolve))
      void thread[how]()
      const exit = await thread.exited
      assert.deepEqual([exit.exitCode, exit.exitSignal, thread.exitCode], [code, signal, code])
      await assert.rejects(thread.result, { code: 'MC_PROCESS_ENDED' })
    })
  }

  it('ends with 1 after an error that nobody caught, and shows it under its name', async () => {
    const target = (): void => {
      setTimeout(() => {
        throw new TypeError('too late')
      }, 5)
    }
    const thread = new Thread({ target, stdio: 'pipe', name: 'Thrower' }).start()
    const [shown, exit] = await Promise.all([textOf(thread.stderr), thread.exited])
    assert.match(shown, /^Process Thrower:\nTypeError: too late\n/)
    assert.equal(exit.exitCode, 1)
    assert.match(exit.reason, /after an uncaught error: TypeError: too late/)
  })

  it('that reaches the limit of its heap fails with that, and the program goes on', async () => {
    const fill = (): void => {
      for (const all: unknown[] = []; ;) all.push(Array.from({ length: 1000 }, (_, n) => n))
    }
    await using pool = new ThreadPool({ processes: 1, resourceLimits: { maxOldGenerationSizeMb: 24 } })
    await assert.rejects(pool.apply(fill), { code: 'MC_WORKER_CRASHED', message: /ERR_WORKER_OUT_OF_MEMORY/ })
    assert.equal(await pool.apply(() => 'alive'), 'alive')
  })

  it('with a limited heap has a small young generation, unless that is given too, so that only the thread ends', async () => {
    for (const [given, young] of [
      [{ maxOldGenerationSizeMb: 64 }, 24],
      [{ maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 12 }, 12],
    ] as const) {
      await using pool = new ThreadPool({ processes: 1, resourceLimits: given })
      const { maxOldGenerationSizeMb, maxYoungGenerationSizeMb } = await pool.apply(() => resourceLimits)
      assert.deepEqual([maxOldGenerationSizeMb, maxYoungGenerationSizeMb], [64, young])
    }
  })

  it('gets its environment, and leaves that of the program alone', async () => {
    process.env['MANYCORE_HERE'] = 'yes'
    const look = (): unknown => {
      const before = [process.env['MANYCORE_HERE'], process.env['MANYCORE_THERE']]
      process.env['MANYCORE_MINE'] = '1'
      return before
    }
    const env = { MANYCORE_HERE: undefined, MANYCORE_THERE: 'there' }
    assert.deepEqual(await new Thread({ target: look, env }).start().result, [undefined, 'there'])
    assert.equal(process.env['MANYCORE_MINE'], undefined)
    delete process.env['MANYCORE_HERE']
  })

  it('whose preloaded module fails cannot be started, and says why', async () => {
    const preload = join(folder, 'broken.mjs')
    writeFileSync(preload, "throw new Error('no good')")
    const thread = new Thread({ target: forever, execArgv: ['--import', preload], stdio: 'pipe' }).start()
    await assert.rejects(thread.result, { code: 'MC_WORKER_START', message: /no good/ })
  })

  it('refuses what only a process can have', () => {
    for (const options of [{ cwd: '/' }, { execPath: process.execPath }]) {
      const name = Object.keys(options)[0] as string
      const refusal = { code: 'MC_ARGUMENT_INVALID', message: new RegExp(name) }
      assert.throws(() => new Process({ target: forever, backend: 'thread', ...options }), refusal)
      assert.throws(() => new Pool({ backend: 'thread', ...options }), refusal)
    }
    assert.throws(() => new Pool({ backend: 'thread', resourceLimits: { heap: 3 } as never }), ArgumentError)
    assert.throws(() => new Pool({ backend: 'thread', resourceLimits: { stackSizeMb: -1 } }), ArgumentError)
    assert.throws(() => new Pool({ resourceLimits: { stackSizeMb: 4 } }), /execArgv/)
    assert.throws(() => new Pool({ backend: 'fiber' as never }), ArgumentError)
    assert.throws(() => new Process({ target: forever, backend: 'inline' as never }), ArgumentError)
    assert.throws(() => new Thread(), /new Thread\(\) needs a target/)
    assert.throws(() => new Thread({ target: forever, backend: 'process' } as never), ArgumentError)
    const flags = new Thread({ target: forever, execArgv: ['--max-old-space-size=64'] })
    assert.throws(() => flags.start(), {
      code: 'MC_ARGUMENT_INVALID',
      message: /execArgv of Thread-\d+ .*resourceLimits/,
    })
  })

  it('does not keep the program alive in an idle pool, and leaves nothing when 20 have come and gone', async () => {
    const count = (): number => process.getActiveResourcesInfo().filter((name) => name === 'MessagePort').length
    const before = count()
    for (let n = 0; n < 10; n++) await new ThreadPool({ processes: 2 }).terminate()
    for (let n = 0; n < 20; n++) await new Thread({ target: () => n }).start().join()
    await eventually(() => assert.ok(count() <= before, `${count()} ports, before ${before}`))
  })
})
