import assert from 'node:assert/strict'
import { it } from 'node:test'
import { Process, parentProcess } from 'manycore'
import { needs, onEachProcessBackend } from '../support/on-backends.js'

class OddError extends Error {
  readonly detail: number

  constructor(message: string, detail: number) {
    super(message)
    this.detail = detail
  }
}

const forever = (): Promise<never> =>
  new Promise(() => {
    setInterval(() => {}, 60_000)
  })

/** Tells that the target runs: a signal sent earlier would meet Node's own start. */
const announceAnd = (then: string) => {
  process.on(then === 'handle' ? 'SIGINT' : 'SIGTERM', () => {
    if (then === 'handle') process.exit(0)
  })
  console.log('running')
  return new Promise<never>(() => {
    setInterval(() => {}, 60_000)
  })
}

onEachProcessBackend('exit codes', (place) => {
  const { backend } = place

  it('#032 an uncaught error ends with 1, rejects the result with its class, and is told once on stderr', async () => {
    const child = new Process({
      backend,
      target: (n: number) => {
        throw new OddError('seven is odd', n)
      },
      args: [7],
      name: 'Odd-1',
      stdio: 'pipe',
    }).start()
    const error = await child.result.then(
      () => assert.fail('resolved'),
      (reason: unknown) => reason,
    )
    const stderr = await textOf(child.stderr)
    assert.ok(error instanceof OddError)
    assert.equal(error.message, 'seven is odd')
    assert.equal(error.detail, 7)
    assert.match(error.stack ?? '', /exit\.test/)
    await child.join()
    assert.equal(child.exitCode, 1)
    assert.equal(child.exitSignal, null)
    assert.match(stderr, /^Process Odd-1:\n/)
    assert.equal(stderr.split('seven is odd').length - 1, 1, stderr)
    assert.match(stderr, /exit\.test/)
  })

  it('rejects the result with an error whose class has to be imported first, not with the promise of it', async () => {
    const target = async (url: string): Promise<never> => {
      const { CountedError } = (await import(url)) as typeof import('../fixtures/process/own-errors.js')
      throw new CountedError('counted')
    }
    const url = new URL('../fixtures/process/own-errors.js', import.meta.url).href
    const child = new Process({ backend, target, args: [url], stdio: 'ignore' }).start()
    const name = await child.result.catch((error: unknown) => (error instanceof Error ? error.name : error))
    assert.equal(name, 'CountedError')
    await child.join()
  })

  it('#032 an error that cannot be shown in its own way is told all the same, wherever it is thrown', async () => {
    const fail = () => {
      throw Object.assign(new Error('odd view'), {
        [Symbol.for('nodejs.util.inspect.custom')]() {
          throw new Error('no view')
        },
      })
    }
    const failLater = (later: () => void) => new Promise(() => setTimeout(later, 1))
    for (const child of [
      new Process({ backend, target: fail, stdio: 'pipe' }),
      new Process({ backend, target: failLater, args: [fail], stdio: 'pipe' }),
    ]) {
      child.start()
      await assert.rejects(child.result, { message: 'odd view' })
      assert.match((await child.exited).stderrTail, /Error: odd view\n/)
      assert.equal(child.exitCode, 1)
    }
  })

  it('an error that is thrown later, outside the target, ends with 1 and rejects a result still awaited', async () => {
    const child = new Process({
      backend,
      target: () =>
        new Promise(() => {
          setTimeout(() => {
            throw new RangeError('too late')
          }, 1)
        }),
      stdio: 'pipe',
    }).start()
    const stderr = textOf(child.stderr)
    await assert.rejects(child.result, /too late/)
    await child.join()
    assert.equal(child.exitCode, 1)
    assert.match(await stderr, /too late/)
  })

  it('process.exit(n) in the target is exitCode n, and the result says that there is none', async () => {
    for (const code of [0, 3]) {
      const child = new Process({ backend, target: (n: number) => process.exit(n), args: [code] }).start()
      await assert.rejects(child.result, { code: 'MC_WORKER_CRASHED', exitCode: code, message: new RegExp(child.name) })
      await child.join()
      assert.equal(child.exitCode, code)
    }
  })

  it('process.exitCode set by the target is kept', async () => {
    const child = new Process({
      backend,
      target: () => {
        process.exitCode = 5
        return 'fine'
      },
    }).start()
    assert.equal(await child.result, 'fine')
    await child.join()
    assert.equal(child.exitCode, 5)
  })

  for (const [signal, number] of [
    ['SIGTERM', 15],
    ['SIGKILL', 9],
    ['SIGABRT', 6],
    ['SIGSEGV', 11],
  ] as const) {
    it(`#034 a process killed by ${signal} has exitCode -${number}`, needs(place, 'diesAlone'), async () => {
      const child = new Process({
        backend,
        target: (name: NodeJS.Signals) => {
          process.kill(process.pid, name)
          return new Promise<never>(() => {
            setInterval(() => {}, 60_000)
          })
        },
        args: [signal],
        stdio: 'ignore',
      }).start()
      await assert.rejects(child.result, { code: 'MC_WORKER_CRASHED', signal })
      await child.join()
      assert.equal(child.exitCode, -number)
      assert.equal(child.exitSignal, signal)
    })
  }

  it('#034 process.abort() is -6', needs(place, 'diesAlone'), async () => {
    const child = new Process({ backend, target: () => process.abort(), stdio: 'ignore' }).start()
    await assert.rejects(child.result, { code: 'MC_WORKER_CRASHED', signal: 'SIGABRT' })
    await child.join()
    assert.equal(child.exitCode, -6)
  })

  it('#035 terminate() ends a sleeping child with -15, kill() with -9', async () => {
    for (const [end, code] of [
      ['terminate', -15],
      ['kill', -9],
    ] as const) {
      const child = new Process({ backend, target: forever }).start()
      if (end === 'kill') child.kill()
      // A slow machine may have more to do than to end it.
      else void child.terminate({ grace: 60_000 })
      assert.equal(await child.join(60_000), true)
      assert.equal(child.exitCode, code)
      assert.equal(child.isAlive(), false)
      assert.equal(await child.join(0), true)
      await assert.rejects(child.result, { code: 'MC_PROCESS_ENDED', message: new RegExp(end) })
    }
  })

  it('#036 terminate() and kill() throw before start() and do nothing after the end', async () => {
    const child = new Process({ backend, target: () => 1 })
    assert.throws(() => child.terminate(), { code: 'MC_PROCESS_NOT_STARTED' })
    assert.throws(() => child.kill(), { code: 'MC_PROCESS_NOT_STARTED' })
    child.start()
    await child.join()
    await child.terminate()
    child.kill()
    assert.equal(child.exitCode, 0)
    assert.equal(await child.result, 1)
  })

  it('#037 interrupt() ends a child that does not handle SIGINT', async () => {
    const child = new Process({ backend, target: announceAnd, args: ['default'], stdio: 'pipe' }).start()
    await firstChunk(child.stdout)
    child.interrupt()
    await child.join()
    assert.equal(child.exitCode, -2)
    assert.equal(child.exitSignal, 'SIGINT')
  })

  it('#037 a child that handles SIGINT can end with 0', needs(place, 'isProcess'), async () => {
    const child = new Process({ backend, target: announceAnd, args: ['handle'], stdio: 'pipe' }).start()
    await firstChunk(child.stdout)
    child.interrupt()
    await child.join()
    assert.equal(child.exitCode, 0)
  })

  it('what goes on after interrupt() and dies of something else says of what', needs(place, 'isProcess'), async () => {
    const target = (): Promise<never> => {
      process.on('SIGINT', () => process.kill(process.pid, 'SIGSEGV'))
      console.log('running')
      return new Promise(() => setInterval(() => {}, 60_000))
    }
    const child = new Process({ backend, target, stdio: 'pipe' }).start()
    await firstChunk(child.stdout)
    child.interrupt()
    await assert.rejects(child.result, { code: 'MC_WORKER_CRASHED', signal: 'SIGSEGV' })
  })

  it('#039 terminate({ grace }) kills a child that ignores SIGTERM', needs(place, 'isProcess'), async () => {
    const child = new Process({ backend, target: announceAnd, args: ['ignore'], stdio: 'pipe' }).start()
    await firstChunk(child.stdout)
    await child.terminate({ grace: 50 })
    assert.equal(child.exitCode, -9)
  })

  it('#039 terminate({ grace }) kills a child that spins', async () => {
    const child = new Process({
      backend,
      target: () => {
        process.on('SIGTERM', () => process.exit(0))
        console.log('running')
        for (;;);
      },
      stdio: 'pipe',
    }).start()
    await firstChunk(child.stdout)
    await child.terminate({ grace: 50 })
    // A thread has no handlers that could hold it up.
    assert.equal(child.exitSignal, place.has('isProcess') ? 'SIGKILL' : 'SIGTERM')
  })
})

onEachProcessBackend('the end of a process', (place) => {
  const { backend } = place

  it('#018 waits for what its event loop still has to do', async () => {
    const child = new Process({
      backend,
      target: () => {
        setTimeout(() => console.log('late'), 20)
        return 'early'
      },
      stdio: 'pipe',
    }).start()
    const stdout = textOf(child.stdout)
    assert.equal(await child.result, 'early')
    assert.equal(await stdout, 'late\n')
    await child.join()
    assert.equal(child.exitCode, 0)
  })

  it('comes when nothing can settle what the target waits for', needs(place, 'isProcess'), async () => {
    const child = new Process({ backend, target: () => new Promise(() => {}), stdio: 'pipe' }).start()
    const stderr = textOf(child.stderr)
    const told = { code: 'MC_PROCESS_ENDED', message: /its target waits for a promise that nothing can settle/ }
    await assert.rejects(child.result, told)
    assert.equal((await child.exited).exitCode, 13)
    assert.match(await stderr, new RegExp(`^Process ${child.name}:\nStateError: .* nothing can settle`))
  })

  it('does not come as long as something can settle it', needs(place, 'isProcess'), async () => {
    const targets = [
      () => new Promise((resolve) => setTimeout(resolve, 20, 'by a timer')),
      () => new Promise((resolve) => process.once('beforeExit', () => setTimeout(resolve, 1, 'by a listener'))),
      () => new Process({ target: () => 'by a daemon', daemon: true }).start().result,
    ]
    const children = targets.map((target) => new Process<[], unknown>({ backend, target }).start())
    const results = await Promise.all(children.map((child) => child.result))
    assert.deepEqual(results, ['by a timer', 'by a listener', 'by a daemon'])
    const waiting = new Process({ backend, target: async () => await parentProcess()?.exited }).start()
    assert.equal(await waiting.join(200), false)
    waiting.kill()
    for (const child of [...children, waiting]) await child.join()
  })

  it('#018 waits for a thread and for a process that it has started', async () => {
    const child = new Process({
      target: async () => {
        const { Worker } = await import('node:worker_threads')
        new Worker("setTimeout(() => console.log('thread'), 50)", { eval: true })
        new Process({ target: () => void setTimeout(() => console.log('process'), 50) }).start()
        return 'early'
      },
      stdio: 'pipe',
    }).start()
    const stdout = textOf(child.stdout)
    assert.equal(await child.result, 'early')
    assert.deepEqual((await stdout).trim().split('\n').sort(), ['process', 'thread'])
    assert.equal((await child.exited).exitCode, 0)
  })

  it('#024 loses nothing of what it wrote right before, however much', async () => {
    const child = new Process({
      backend,
      target: () => {
        process.stdout.write(`${'x'.repeat(300_000)}\n`)
        process.stderr.write('last words\n')
        process.exit(4)
      },
      stdio: 'pipe',
    }).start()
    const [stdout, stderr] = await Promise.all([textOf(child.stdout), textOf(child.stderr)])
    assert.equal(stdout.length, 300_001)
    assert.equal(stderr, 'last words\n')
    const { stderrTail } = await child.exited
    assert.match(stderrTail, /last words/)
  })

  it('#025 runs exit hooks that were registered in it', async () => {
    const child = new Process({
      backend,
      target: () => {
        process.on('exit', (code) => console.log(`bye ${code}`))
      },
      stdio: 'pipe',
    }).start()
    assert.equal(await textOf(child.stdout), 'bye 0\n')
    await child.join()
  })
})

async function textOf(stream: NodeJS.ReadableStream | undefined): Promise<string> {
  let text = ''
  for await (const chunk of stream ?? []) text += String(chunk)
  return text
}

function firstChunk(stream: NodeJS.ReadableStream | undefined): Promise<unknown> {
  return new Promise((resolve) => stream?.once('data', resolve))
}
