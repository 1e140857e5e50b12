import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { WorkerExit } from '#dist/backend/backend.js'
import { Kind } from '#dist/channel/messages.js'
import { endWithTest } from '../support/end-with-test.js'
import { holdTimers } from '../support/held-timers.js'
import { makeGate } from '../support/meeting.js'
import { areStopped } from '../support/processes.js'
import { startWorker, textOf } from '../support/workers.js'

/** Runs the function in a worker, which dies of it. */
async function deathBy(fn: () => unknown, options: Parameters<typeof startWorker>[0] = {}): Promise<WorkerExit> {
  const { worker, call } = startWorker(options)
  worker.stdout?.resume()
  worker.stderr?.resume()
  await call(fn).catch(() => {})
  return worker.exited
}

describe('how a worker ends', () => {
  it('ends with 0 when it is told to stop, after what it was sent before', async () => {
    const { worker, call } = startWorker()
    const result = call(() => new Promise((resolve) => setTimeout(resolve, 30, 'done')))
    const exit = await worker.stop({ graceMs: 60_000 })
    equal(await result, 'done')
    equal(exit.exitCode, 0)
    equal(exit.clean, true)
    equal(exit.reason, 'has ended')
  })

  it('process.exit(n) in a task ends a pool worker, unclean, whatever n is', async () => {
    const three = await deathBy(() => process.exit(3))
    equal(three.exitCode, 3)
    equal(three.clean, false)
    match(three.reason, /^ended with exit code 3$/)
    const zero = await deathBy(() => process.exit(0))
    equal(zero.clean, false)
    match(zero.reason, /ended by itself with exit code 0/)
  })

  it('#032 an exception outside of a task ends it with 1 and its stack on stderr headed by its name', async () => {
    const { worker, call, message } = startWorker()
    const stderr = textOf(worker.stderr)
    await call(() => {
      setImmediate(() => {
        throw new TypeError('out of nowhere')
      })
    })
    const problem = await message((one) => one.kind === Kind.problem)
    const error = await worker.marshal.decodeError(problem.payload!)
    ok(error instanceof TypeError)
    equal(error.message, 'out of nowhere')
    const exit = await worker.exited
    equal(exit.exitCode, 1)
    // Nothing but that: not the line as it was compiled there, nor the version of Node.
    match(await stderr, new RegExp(`^Process ${worker.identity.name}:\\nTypeError: out of nowhere\\n( +at .*\\n)+$`))
    match(exit.stderrTail, /TypeError: out of nowhere/)
    match(exit.reason, /exit code 1 after an uncaught error: TypeError: out of nowhere/)
  })

  it('an unhandled rejection ends it the same way', async () => {
    const { worker, call, message } = startWorker()
    worker.stderr?.resume()
    await call(() => void Promise.reject(new RangeError('nobody caught me')))
    const problem = await message((one) => one.kind === Kind.problem)
    match(String(await worker.marshal.decodeError(problem.payload!)), /nobody caught me/)
    equal((await worker.exited).exitCode, 1)
  })

  it('what is thrown and is no error is shown, and hooks for the end run before it ends', async () => {
    const { worker, call } = startWorker()
    const stderr = textOf(worker.stderr)
    await call(() => {
      process.on('exit', (code) => console.error(`the hook sees ${code}`))
      setImmediate(() => {
        throw 'a text'
      })
    })
    equal((await worker.exited).exitCode, 1)
    equal(await stderr, `Process ${worker.identity.name}:\nUncaught 'a text'\nthe hook sees 1\n`)
  })

  it('a worker that handles such errors itself lives on', async () => {
    const { worker, call, messages } = startWorker()
    await call(() => void process.on('uncaughtException', () => {}))
    await call(() => void Promise.reject(new Error('handled')))
    equal(await call(() => 5), 5)
    equal(messages.length, 0)
    equal((await worker.stop({ graceMs: 60_000 })).clean, true)
  })

  it('process.abort() and a fault in native code are told by their signals', async () => {
    const abort = await deathBy(() => process.abort())
    equal(abort.signal, 'SIGABRT')
    equal(abort.exitCode, null)
    match(abort.reason, /killed by SIGABRT/)
    const fault = await deathBy(() => process.kill(process.pid, 'SIGSEGV'))
    equal(fault.signal, 'SIGSEGV')
    match(fault.reason, /native code/)
  })

  it('a SIGKILL that nobody here sent is told to be one', async () => {
    const exit = await deathBy(() => process.kill(process.pid, 'SIGKILL'))
    equal(exit.signal, 'SIGKILL')
    match(exit.reason, /which manycore did not send/)
  })

  it('an exhausted heap is told as such, with the flag that raises the limit', async () => {
    const exit = await deathBy(
      () => {
        const kept: unknown[] = []
        for (;;) kept.push(new Array(10_000).fill(0).map(() => ({})))
      },
      { execArgv: ['--max-old-space-size=30'] },
    )
    match(exit.reason, /ran out of heap memory .*heap out of memory.*--max-old-space-size/)
    ok(exit.signal !== null || exit.exitCode !== 0)
  })

  it('says so, and ends with 1, when it cannot go on with what its owner sent', async () => {
    const { worker } = startWorker({ role: 'process' })
    const stderr = textOf(worker.stderr)
    await worker.ready
    const payload = { tag: 7, body: 'no JSON', buffers: [] }
    worker.channel.send({ kind: Kind.init, task: 0, fn: 0, index: 0, count: 0, payload })
    const exit = await worker.exited
    equal(exit.exitCode, 1)
    match(await stderr, /ChannelError: The handler of a message threw/)
  })

  it('is not said to have ended well when its owner could not go on with what it sent', async () => {
    for (const isGone of [false, true]) {
      const { worker, call } = startWorker({ role: 'process' })
      worker.stderr?.resume()
      await worker.ready
      worker.channel.onMessage = () => {
        throw new RangeError('not understood')
      }
      // Its answer is read after its end is known, or before.
      if (isGone) worker.channel.pause()
      void call(() => setTimeout(() => process.exit(0), 10)).catch(() => {})
      const exit = await worker.exited
      equal(exit.clean, false)
      match(exit.reason, /its channel could not be used any more: The handler of a message threw/)
    }
  })

  it('a stack overflow costs its own task', async () => {
    const { worker, call } = startWorker()
    const overflow = call(() => {
      const down = (): number => down() + 1
      return down()
    })
    await rejects(overflow, /Maximum call stack/)
    equal(await call(() => 1), 1)
    await worker.stop()
  })

  it('#034 a signal that it was sent is told, as sent', async () => {
    const { worker } = startWorker()
    await worker.ready
    equal(worker.kill('SIGTERM'), true)
    const exit = await worker.exited
    equal(exit.signal, 'SIGTERM')
    equal(exit.exitCode, null)
    match(exit.reason, /killed by SIGTERM, as it was told/)
    equal(worker.kill('SIGKILL'), false)
  })

  it('#039 one that ignores SIGTERM is killed after the grace period', async () => {
    const { worker, call } = startWorker()
    await call(() => void process.on('SIGTERM', () => {}))
    void call(() => new Promise(() => setInterval(() => {}, 1000))).catch(() => {})
    const exit = await worker.stop({ graceMs: 50 })
    equal(exit.signal, 'SIGKILL')
  })

  it('one that spins is ended by SIGTERM, with a handler for it by SIGKILL', async () => {
    using limit = holdTimers()
    const { worker, call } = startWorker()
    void call(() => {
      for (;;);
    }).catch(() => {})
    const stopped = worker.stop({ graceMs: limit.ms })
    limit.strike()
    equal((await stopped).signal, 'SIGTERM')
    const deaf = startWorker()
    await deaf.call(() => void process.on('SIGTERM', () => {}))
    void deaf
      .call(() => {
        for (;;);
      })
      .catch(() => {})
    equal((await deaf.worker.stop({ graceMs: 50 })).signal, 'SIGKILL')
  })

  it('one that was stopped with SIGSTOP is killed', async () => {
    const { worker } = startWorker()
    await worker.ready
    worker.kill('SIGSTOP')
    await areStopped([worker.pid as number])
    equal((await worker.stop({ graceMs: 50 })).signal, 'SIGKILL')
  })

  it('one that is stopped while it starts still ends', async () => {
    const { worker } = startWorker()
    const exit = await worker.stop({ graceMs: 60_000 })
    equal(exit.exitCode, 0)
    equal(worker.state, 'stopped')
  })

  it('#025 exit hooks of the user run when it is stopped', async () => {
    const { worker, call } = startWorker()
    const stdout = textOf(worker.stdout)
    await call(() => void process.on('exit', (code) => console.log(`bye ${code}`)))
    await worker.stop({ graceMs: 60_000 })
    equal(await stdout, 'bye 0\n')
  })

  it('a process ends by itself when nothing is left to do for it, not before', async () => {
    const { worker, call } = startWorker({ role: 'process' })
    const stdout = textOf(worker.stdout)
    equal(
      await call(() => {
        setTimeout(() => console.log('late'), 50)
        return 'early'
      }),
      'early',
    )
    const exit = await worker.exited
    equal(exit.exitCode, 0)
    equal(exit.clean, true)
    equal(await stdout, 'late\n')
  })

  it('a process whose target throws ends with 1 and its stack on stderr', async () => {
    const { worker, call } = startWorker({ role: 'process' })
    const stderr = textOf(worker.stderr)
    await rejects(
      call(() => {
        throw new RangeError('target')
      }),
      /target/,
    )
    equal((await worker.exited).exitCode, 1)
    match(await stderr, new RegExp(`^Process ${worker.identity.name}:\\nRangeError: target\\n +at `))
  })

  it('an answer that is longer than the pipe holds arrives although the process exits right behind it', async () => {
    const { worker, call } = startWorker({ role: 'process' })
    worker.channel.pause()
    using gate = makeGate()
    const { reach } = gate
    const text = call(() => {
      // From then on its event loop does not run any more.
      process.prependListener('exit', reach)
      process.nextTick(() => setImmediate(() => process.exit(7)))
      return 'x'.repeat(3_000_000)
    }) as Promise<string>
    void gate.reached().then(() => worker.channel.resume())
    equal((await text).length, 3_000_000)
    equal((await worker.exited).exitCode, 7)
  })

  it('a worker whose channel ends, ends', async () => {
    const { worker } = startWorker()
    await worker.ready
    worker.channel.destroy()
    equal((await worker.exited).exitCode, 0)
  })

  it('a worker that finds its owner gone before it has said a word ends, and says nothing', async () => {
    const entry = fileURLToPath(import.meta.resolve('#dist/worker/process-entry.cjs'))
    const child = endWithTest(spawn(process.execPath, [entry], { stdio: ['ignore', 'pipe', 'pipe', 'pipe'] }))
    child.stdio[3]?.destroy()
    const written = Promise.all([textOf(child.stdout ?? undefined), textOf(child.stderr ?? undefined)])
    const [code] = (await once(child, 'exit')) as [number]
    deepEqual([code, ...(await written)], [0, '', ''])
  })
})
