import { deepEqual, equal, match, ok, rejects, throws } from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { Process } from 'manycore'
import { WorkerStartError } from '#dist/base/errors.js'
import { eventually } from '../support/eventually.js'
import { startWorker, openDescriptors } from '../support/workers.js'
import { runProgram } from '../support/run-program.js'

const folder = mkdtempSync(join(tmpdir(), 'manycore-start-'))
after(() => rmSync(folder, { recursive: true, force: true }))

/** The text of the error with which the start fails, after which nothing may be left. */
async function failure(options: Parameters<typeof startWorker>[0]): Promise<string> {
  const { worker } = startWorker(options)
  const error = await worker.ready.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  const exit = await worker.exited
  ok(error instanceof WorkerStartError)
  equal(error.code, 'MC_WORKER_START')
  equal(exit.clean, false)
  equal(worker.state, 'stopped')
  // Nothing of it can be used, and nothing throws.
  worker.channel.send({ kind: 8, task: 0, fn: 0, index: 0, count: 0, payload: undefined })
  worker.ref()
  worker.unref()
  equal(worker.kill('SIGKILL'), false)
  equal(await worker.stop(), exit)
  return error.message
}

describe('a start that fails', () => {
  it('#027 tells of a program that is not there, and of one that may not be run', async () => {
    match(await failure({ execPath: '/no/such/node' }), /no program \/no\/such\/node \(ENOENT\); check execPath/)
    const file = join(folder, 'text')
    writeFileSync(file, 'text')
    match(await failure({ execPath: file }), /may not be run \(EACCES\); check execPath/)
    const open = openDescriptors()
    match(await failure({ execPath: folder }), /may not be run \(EACCES\); check execPath/)
    deepEqual(openDescriptors(), open)
  })

  it('tells of a program that is not along the PATH which the worker was to have', () => {
    const start = (): unknown => new Process({ target: () => {}, execPath: 'node', env: { PATH: folder } }).start()
    throws(start, { code: 'MC_WORKER_START', message: /no program node \(ENOENT\); check execPath/ })
  })

  it('leaves no timer behind when it was told to stop meanwhile', async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const before = timers()
    await startWorker({ execPath: '/no/such/node' }).worker.stop()
    equal(timers(), before)
  })

  it('#027 tells of a script whose interpreter is not there, also at once', async () => {
    const file = join(folder, 'script')
    writeFileSync(file, '#!/no/such/interpreter\n', { mode: 0o755 })
    const text = /no program \/no\/such\/interpreter \(which .*script is run by\) \(ENOENT\); check execPath/
    match(await failure({ execPath: file }), text)
    throws(() => new Process({ target: () => {}, execPath: file }).start(), { code: 'MC_WORKER_START', message: text })
  })

  it('tells of a heap that is too small for Node itself', async () => {
    match(await failure({ execArgv: ['--max-old-space-size=1'] }), /ran out of heap memory .*--max-old-space-size/)
  })

  it('tells of a folder that is not there, also to a worker with flags, which only goes there', async () => {
    for (const execArgv of [undefined, [], ['--no-warnings']]) {
      match(
        await failure({ cwd: join(folder, 'gone'), execArgv }),
        /cwd .*gone is no folder that can be entered \(ENOENT\); check cwd/,
      )
      match(
        await failure({ cwd: process.execPath, execArgv }),
        /cwd .* is no folder that can be entered \(ENOTDIR\); check cwd/,
      )
    }
  })

  it('tells of a program that is no Node', async () => {
    match(await failure({ execPath: '/bin/false' }), /ended with exit code 1 before it could take tasks/)
    match(
      await failure({ execPath: '/bin/true' }),
      /exit code 0 \(is its execPath a Node, .* before it could take tasks/,
    )
  })

  it('tells of a program that never says that it is ready', async () => {
    const file = join(folder, 'silent')
    writeFileSync(file, '#!/bin/sh\nexec sleep 60\n', { mode: 0o755 })
    match(await failure({ execPath: file, startTimeoutMs: 100 }), /did not become ready within 100 ms/)
  })

  it('tells of a loader that is missing, in its own words', async () => {
    match(await failure({ execArgv: ['--import', 'no-such-loader'] }), /no-such-loader/)
    match(await failure({ execArgv: ['--no-such-flag'] }), /bad option: --no-such-flag/)
  })

  it('tells of an environment that is too long', async () => {
    match(await failure({ env: { LONG: 'x'.repeat(3_000_000) } }), /too long for the system \(E2BIG\)/)
  })

  it('tells of descriptors and process slots that have run out, and goes on when there are some again', async () => {
    const out = await runProgram('few-descriptors', [], { shell: 'ulimit -n 60' })
    deepEqual(JSON.parse(out.stdout), { failed: 'MC_WORKER_START', text: true, after: 'worked', leaked: 0 })
  })

  it('the programs that use descriptors up refuse to run without a low limit of them', async () => {
    for (const program of ['few-descriptors', 'process/out-of-descriptors']) {
      const out = await runProgram(program, [], { shell: 'ulimit -n 200' })
      deepEqual([out.code, out.stdout], [1, ''])
      match(out.stderr, /Run this program with few descriptors/)
    }
  })

  it('leaves no descriptor open', async () => {
    await failure({ execPath: '/no/such/node' })
    const before = openDescriptors().length
    for (let at = 0; at < 20; at++) await failure({ execPath: '/no/such/node' })
    await eventually(() => ok(openDescriptors().length <= before))
  })
})

describe('a start', () => {
  it('gives the worker its environment, folder and arguments', async () => {
    const { worker, call } = startWorker({ env: { OF_THE_WORKER: 'yes', HOME: undefined }, cwd: folder })
    deepEqual(
      await call(() => [
        process.env['OF_THE_WORKER'],
        process.env['HOME'] ?? null,
        process.cwd(),
        process.argv.slice(2),
      ]),
      ['yes', null, folder, process.argv.slice(2)],
    )
    await worker.stop()
  })

  it('comes to its end although something that the worker has started holds its channel', async () => {
    const { worker, call } = startWorker()
    const pid = (await call(() => {
      const { spawn } = process.getBuiltinModule('node:child_process')
      const stdio = ['ignore', 'ignore', 'ignore', 3] as const
      const child = spawn('sleep', ['60'], { stdio: [...stdio], detached: true })
      child.unref()
      return child.pid
    })) as number
    worker.kill('SIGKILL')
    equal((await worker.exited).signal, 'SIGKILL')
    process.kill(pid, 'SIGKILL')
  })

  it('costs nothing for long: fifty in a row leave no descriptor, listener, timer or process', async () => {
    await startWorker().worker.stop()
    // Nothing of it is still being closed.
    let before = leftovers()
    for (let last; !isDeepStrictEqual(before, last);) {
      last = before
      await sleep(20)
      before = leftovers()
    }
    for (let at = 0; at < 5; at++) {
      await Promise.all(
        Array.from({ length: 10 }, async () => {
          const { worker, call } = startWorker({ stdio: 'inherit' })
          equal(await call(() => 1), 1)
          await worker.stop()
        }),
      )
    }
    // The handle of a process that has just ended is closed a turn of the event loop later.
    await eventually(() => deepEqual(leftovers(), before))
  })

  it('#045 happens out of reach of the signals of the terminal', async () => {
    const { worker, call } = startWorker()
    const group = (await call(() =>
      Number(process.getBuiltinModule('node:fs').readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ')[3]),
    )) as number
    equal(group, worker.pid)
    await worker.stop()
  })

  it('is refused while a worker imports: what it preloads cannot start workers', async () => {
    const preload = join(folder, 'preload.mjs')
    writeFileSync(
      preload,
      `import { Process } from '${import.meta.resolve('manycore')}'
      new Process({ target: () => {} }).start()`,
    )
    const { worker } = startWorker({ execArgv: ['--import', preload] })
    await rejects(worker.ready, /StateError: A worker that was importing modules was about to start workers/)
  })
})

function leftovers(): Record<string, unknown> {
  const names: readonly (string | symbol)[] = process.eventNames()
  return {
    descriptors: openDescriptors().length,
    listeners: names.reduce((sum, name) => sum + process.listenerCount(name as string), 0),
    stdout: process.stdout.eventNames().map((name) => process.stdout.listenerCount(name)),
    resources: process
      .getActiveResourcesInfo()
      .filter((name) => name !== 'Immediate' && name !== 'TickObject')
      .sort(),
  }
}
