import { equal, notEqual } from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, describe, it } from 'node:test'
import { forcePlatform } from '#dist/base/environment.js'
import { setChildExecPath } from '#dist/backend/executable.js'
import { Reaper } from '#dist/backend/reaper.js'
import { allGone } from '../support/processes.js'
import { isRunning } from '../support/workers.js'

const skip = process.platform === 'win32' && 'needs POSIX signals'

describe('what ends the workers of a killed owner', { skip }, () => {
  afterEach(() => {
    forcePlatform({})
    setChildExecPath(process.execPath)
  })

  for (const shell of ['/bin/sh', undefined]) {
    it(`ends those that it was told of and not told off, ${shell ?? 'without a shell'}, when it is left alone`, async () => {
      forcePlatform({ shell })
      const [stays, goes] = [sleeper(), sleeper()]
      const reaper = new Reaper()
      reaper.add(goes.pid as number)
      reaper.add(stays.pid as number)
      reaper.remove(stays.pid as number)
      const pid = reaper.process?.pid as number
      leaveAlone(reaper)
      const [, signal] = (await once(goes, 'exit')) as [number, string]
      equal(signal, 'SIGKILL')
      await allGone([pid])
      equal(isRunning(stays.pid as number), true)
      await end(stays)
    })
  }

  it('is a Node where the shell may not be run', async () => {
    forcePlatform({ shell: '/no/such/shell' })
    const one = sleeper()
    const reaper = new Reaper()
    reaper.add(one.pid as number)
    // That the shell cannot be run is told by an event.
    while (reaper.process?.pid === undefined) await new Promise((resolve) => setImmediate(resolve))
    equal(reaper.process.spawnfile, process.execPath)
    leaveAlone(reaper)
    await once(one, 'exit')
  })

  it('is tried again when a worker starts, is ready or ends, as long as it cannot be started', async () => {
    forcePlatform({ shell: undefined })
    setChildExecPath('/no/such/node')
    const reaper = new Reaper()
    const [one, two] = [sleeper(), sleeper()]
    reaper.add(one.pid as number)
    equal(reaper.process?.pid, undefined)
    reaper.add(two.pid as number)
    equal(reaper.process?.pid, undefined)
    setChildExecPath(process.execPath)
    reaper.remove(two.pid as number)
    notEqual(reaper.process?.pid, undefined)
    await end(two)
    leaveAlone(reaper)
    await once(one, 'exit')
  })

  it('is started again when somebody kills it, and knows of all', async () => {
    const reaper = new Reaper()
    const one = sleeper()
    reaper.add(one.pid as number)
    const first = reaper.process?.pid as number
    process.kill(first, 'SIGKILL')
    await allGone([first])
    // Its end is told by an event of its own.
    while (reaper.process?.pid === first || reaper.process?.pid === undefined)
      await new Promise((resolve) => setImmediate(resolve))
    leaveAlone(reaper)
    await once(one, 'exit')
  })
})

function sleeper(): ChildProcess {
  return spawn(process.execPath, ['-e', 'setInterval(() => {}, 60_000)'], { stdio: 'ignore', detached: true })
}

async function end(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL')
  await once(child, 'exit')
}

/** As the system does it when the owner is killed. */
function leaveAlone(reaper: Reaper): void {
  reaper.process?.stdin?.end()
}
