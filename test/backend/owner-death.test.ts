import { equal, ok } from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { gone, isRunning } from '../support/workers.js'

const owner = fileURLToPath(new URL('../fixtures/owner-of-workers.js', import.meta.url))

interface Family {
  readonly owner: ChildProcess
  /** The workers, what they have started, and the reaper. */
  readonly pids: readonly number[]
}

async function family(work: string, end: string): Promise<Family> {
  const child = spawn(process.execPath, [owner, work, end], { stdio: ['ignore', 'pipe', 'ignore'] })
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  return { owner: child, pids: JSON.parse(line) as number[] }
}

function allGone(pids: readonly number[]): Promise<unknown> {
  return Promise.all(pids.map((pid) => gone(pid)))
}

describe('nobody is left when the owner ends', { skip: process.platform === 'win32' && 'needs POSIX signals' }, () => {
  for (const work of ['starting', 'idle', 'spin', 'deaf', 'grandchild']) {
    it(`#044 by SIGKILL, while its workers are ${work}`, async () => {
      const { owner: child, pids } = await family(work, 'wait')
      ok(pids.every((pid) => isRunning(pid)))
      child.kill('SIGKILL')
      await allGone(pids)
    })
  }

  for (const end of ['end', 'throw', 'exit']) {
    for (const work of ['idle', 'deaf', 'grandchild']) {
      it(`by itself (${end}), while its workers are ${work}`, async () => {
        const { owner: child, pids } = await family(work, end)
        const [code] = (await once(child, 'exit')) as [number]
        equal(code, end === 'throw' ? 1 : 0)
        await allGone(pids)
      })
    }
  }

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    it(`by ${signal}, while its workers spin`, async () => {
      const { owner: child, pids } = await family('spin', 'wait')
      child.kill(signal)
      await allGone(pids)
    })
  }

  it('by SIGKILL of its whole process group, as a terminal or a supervisor does it', async () => {
    const child = spawn(process.execPath, [owner, 'deaf', 'wait'], {
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
    })
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
    const pids = JSON.parse(line) as number[]
    process.kill(-(child.pid as number), 'SIGKILL')
    await allGone(pids)
  })
})
