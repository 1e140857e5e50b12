import assert from 'node:assert/strict'
import { Socket } from 'node:net'
import { it } from 'node:test'
import { Process, Thread, ThreadPool, activeChildren, currentProcess, setExecutable, wait } from 'manycore'
import { needs, onEachProcessBackend } from '../support/on-backends.js'

const target = (): void => {}

onEachProcessBackend('bad input to Process', ({ backend }) => {
  const refused: [string, object, RegExp][] = [
    ['no target', {}, /needs a target/],
    ['a target that is no function', { target: 'work' }, /target of new Process\(\) must be a function, got 'work'/],
    ['an unknown option', { tagret: target }, /has no option 'tagret'/],
    ['args that are no array', { target, args: 'A' }, /args of new Process\(\) must be an array/],
    ['an empty name', { target, name: '' }, /name of new Process\(\)/],
    ['a name that is no text', { target, name: 7 }, /name of new Process\(\)/],
    ['a daemon that is no boolean', { target, daemon: 'yes' }, /daemon of new Process\(\)/],
    ['an env that is no object', { target, env: 'A=1' }, /env of new Process\(\)/],
    ['a variable that is no text', { target, env: { A: 1 } }, /variable A, must be a text/],
    ['execArgv that are no texts', { target, execArgv: [1] }, /execArgv of new Process\(\)/],
    ['an execPath that is no path', { target, execPath: 5 }, /execPath of new Process\(\)/],
    ['an execPath with a NUL', { target, execPath: '/bin/node\0' }, /execPath of new Process\(\)/],
    ['a cwd on the web', { target, cwd: new URL('https://example.org/') }, /cwd of new Process\(\)/],
    ['an unknown stdio', { target, stdio: 'tty' }, /stdio of new Process\(\) must be one of/],
  ]
  for (const [what, options, message] of refused) {
    it(`refuses ${what} at the constructor`, () => {
      assert.throws(() => new Process({ backend, ...options } as never), { code: 'MC_ARGUMENT_INVALID', message })
    })
  }

  it('takes what a class has as getters also where the backend is given by the name, each once', async () => {
    let reads = 0
    class Settings {
      readonly #name = 'Ada'
      get name(): string {
        return `${this.#name}${++reads}`
      }
    }
    class ThreadSettings extends Settings {
      get target(): () => string {
        return () => currentProcess().name
      }
    }
    class PoolSettings extends Settings {
      get processes(): number {
        return 1
      }
    }
    assert.equal(await new Thread(new ThreadSettings()).start().result, 'Ada1')
    await using pool = new ThreadPool(new PoolSettings())
    assert.match(await pool.apply(() => currentProcess().name), /^Ada2-\d+$/)
    assert.throws(() => new ThreadPool({ prozesses: 1 } as object), /new ThreadPool\(\) has no option 'prozesses'/)
  })

  it('refuses options that are no object', () => {
    for (const bad of [null, 5, 'work']) {
      assert.throws(() => new Process(bad as never), { code: 'MC_ARGUMENT_INVALID' })
    }
  })

  it('refuses a bad wait at the call', async () => {
    const child = new Process({ backend, target }).start()
    for (const bad of [Number.NaN, '5', { timeout: 'x' }, { signal: {} }, { timeuot: 1 }]) {
      await assert.rejects(child.join(bad as never), { code: 'MC_ARGUMENT_INVALID' })
      await assert.rejects(wait([child], bad as never), { code: 'MC_ARGUMENT_INVALID' })
    }
    assert.throws(() => child.terminate({ grace: Number.NaN }), { code: 'MC_ARGUMENT_INVALID' })
    assert.throws(() => child.terminate({ grce: 1 } as never), { code: 'MC_ARGUMENT_INVALID' })
    await child.join()
  })

  it('refuses a bad path for setExecutable()', () => {
    for (const bad of ['', 7, undefined, new URL('https://example.org/node')]) {
      assert.throws(() => setExecutable(bad as never), { code: 'MC_ARGUMENT_INVALID' })
    }
  })

  it('#030 refuses at start() what cannot travel, and the process can still be closed', () => {
    const open = new Socket()
    const child = new Process({ backend, target: (value: unknown) => value, args: [{ deep: [open] }] })
    assert.throws(() => child.start(), { code: 'MC_VALUE_UNSENDABLE', message: /args\[0\]\.deep\[0\]/ })
    const captured = new Process({ backend, target: () => open })
    const named = function sendAll(...more: unknown[]): unknown {
      return [open, more]
    }
    const bound = new Process({ backend, target: named.bind(undefined, open) })
    for (const [process, text] of [
      [
        captured,
        /^The function target \(options\.test\.[jt]s:\d+\) cannot .*: its variable `open` is a Socket .*\. Open it/,
      ],
      [
        new Process({ backend, target: named }),
        /^The function sendAll \(options\.test\.[jt]s:\d+\) cannot .*\. Open it/,
      ],
      [bound, /^The function bound sendAll cannot .*: `bound argument 0` is a Socket .*\. Open it/],
    ] as const) {
      assert.throws(() => process.start(), { code: 'MC_FUNCTION_UNSENDABLE', message: text })
    }
    const { signal } = new AbortController()
    const held = new Process({ backend, target: (value: unknown) => value, args: [signal] })
    assert.throws(() => held.start(), { message: /args\[0\] cannot .* it is an AbortSignal/ })
    assert.equal(child.state, 'initial')
    assert.equal(activeChildren().length, 0)
    child.close()
  })
})

onEachProcessBackend('options of Process', (place) => {
  const { backend } = place

  it('env changes the environment, execArgv gives the flags, cwd the folder', needs(place, 'isProcess'), async () => {
    const child = new Process({
      backend,
      target: () => [process.env['COLOUR'], process.env['HOME'], process.env['PATH'], process.execArgv, process.cwd()],
      env: { COLOUR: 'red', HOME: undefined },
      execArgv: ['--no-warnings'],
      cwd: '/',
    }).start()
    const [colour, home, path, flags, cwd] = await child.result
    assert.equal(colour, 'red')
    assert.equal(home, undefined)
    assert.equal(path, process.env['PATH'])
    assert.ok((flags as string[]).includes('--no-warnings'))
    assert.equal(cwd, '/')
    await child.join()
  })

  it('stdio: pipe gives the output as streams', async () => {
    const child = new Process({
      backend,
      target: () => {
        console.log('out')
        console.error('err')
      },
      stdio: 'pipe',
    }).start()
    const [out, err] = await Promise.all([textOf(child.stdout), textOf(child.stderr)])
    assert.equal(out, 'out\n')
    assert.equal(err, 'err\n')
    await child.join()
  })

  it('#027 execPath takes a path or a file: URL, and a bad one fails start()', needs(place, 'isProcess'), async () => {
    const child = new Process({ backend, target: () => 'ran', execPath: new URL(`file://${process.execPath}`) }).start()
    assert.equal(await child.result, 'ran')
    await child.join()
    for (const execPath of ['/no/such/node', '/etc/passwd', 'no-such-node-on-the-path']) {
      const bad = new Process({ backend, target, execPath })
      assert.throws(() => bad.start(), { code: 'MC_WORKER_START', message: /execPath/ })
      assert.equal(bad.isAlive(), false)
    }
    const lost = new Process({ backend, target, cwd: '/no/such/folder' })
    assert.throws(() => lost.start(), { code: 'MC_WORKER_START', message: /cwd/ })
  })

  it('#027 setExecutable() is used for later children', needs(place, 'isProcess'), async () => {
    setExecutable('/no/such/node')
    try {
      assert.throws(() => new Process({ backend, target }).start(), {
        code: 'MC_WORKER_START',
        message: /\/no\/such\/node/,
      })
    } finally {
      setExecutable(process.execPath)
    }
    const child = new Process({ backend, target: () => process.execPath }).start()
    assert.equal(await child.result, process.execPath)
    await child.join()
  })

  it('a flag that Node does not know fails the result with what Node said', needs(place, 'isProcess'), async () => {
    const child = new Process({ backend, target, execArgv: ['--no-such-flag'], stdio: 'ignore' }).start()
    await assert.rejects(child.result, { code: 'MC_WORKER_START' })
    await child.join()
    assert.equal(child.exitCode, 9)
  })
})

async function textOf(stream: NodeJS.ReadableStream | undefined): Promise<string> {
  let text = ''
  for await (const chunk of stream ?? []) text += String(chunk)
  return text
}
