import { equal, ok } from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { describe, it } from 'node:test'
import { allGone } from '../support/processes.js'
import { startProgram, type Ran } from '../support/run-program.js'
import { isRunning } from '../support/workers.js'

interface Family {
  readonly owner: ChildProcess
  readonly ended: Promise<Ran>
  /** The workers, what they have started, and the reaper. */
  readonly pids: readonly number[]
}

async function family(work: string, end: string, detached = false, shell: readonly string[] = []): Promise<Family> {
  const { child, seen, ended } = startProgram('owner-of-workers', [work, end, ...shell], { detached })
  const [line] = await seen(/.*\n/)
  return { owner: child, ended, pids: JSON.parse(line) as number[] }
}

// Some side by side, as most of their time they wait.
const options = { skip: process.platform === 'win32' && 'needs POSIX signals', concurrency: 3 }

describe('nobody is left when the owner ends', options, () => {
  for (const work of ['starting', 'idle', 'spin', 'deaf', 'grandchild']) {
    it(`#044 by SIGKILL, while its workers are ${work}`, async () => {
      const { owner: child, pids } = await family(work, 'wait')
      ok(pids.every((pid) => isRunning(pid)))
      child.kill('SIGKILL')
      await allGone(pids)
    })
  }

  const shells: readonly [what: string, shell: string][] = [
    ['there is none', 'none'],
    ['it cannot be run', '/no/such/shell'],
  ]
  for (const [what, shell] of shells) {
    for (const work of ['starting', 'deaf']) {
      it(`#044 by SIGKILL, without a shell because ${what}, while its workers are ${work}`, async () => {
        const { owner: child, pids } = await family(work, 'wait', false, [shell])
        // The two workers, and what ends them.
        equal(pids.length, 3)
        child.kill('SIGKILL')
        await allGone(pids)
      })
    }
  }

  for (const end of ['end', 'throw', 'exit']) {
    for (const work of ['idle', 'deaf', 'grandchild']) {
      it(`by itself (${end}), while its workers are ${work}`, async () => {
        const { ended, pids } = await family(work, end)
        const { code } = await ended
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
    const { owner: child, pids } = await family('deaf', 'wait', true)
    process.kill(-(child.pid as number), 'SIGKILL')
    await allGone(pids)
  })
})
