import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { allGone } from '../support/processes.ts'
import { startProgram } from '../support/run-program.ts'

// How the owner ends, how many processes it has by then, and what its own end looks like.
const endings: readonly [how: string, processes: number, code: number | null, signal: NodeJS.Signals | null][] = [
  ['normally', 5, 0, null],
  ['exit', 9, 3, null],
  ['throws', 9, 1, null],
  ['SIGINT', 9, null, 'SIGINT'],
  ['SIGTERM', 9, null, 'SIGTERM'],
  ['SIGHUP', 9, null, 'SIGHUP'],
  ['SIGKILL', 9, null, 'SIGKILL'],
]

const skip = process.platform === 'win32' ? 'signals are not as here on Windows' : false

// Some side by side, as most of their time they wait.
const options = { skip, concurrency: 3 }

describe(
  'nobody is left soon after the end of the owner, whether they idle, spin, ignore signals or nest',
  options,
  () => {
    for (const [how, processes, code, signal] of endings) {
      it(`#044 ${how}`, async () => {
        const running = startProgram('process/owner-of-all-kinds', [how])
        const [text] = await running.seen(new RegExp(`(?:pid \\d+\\n[^]*){${processes}}`))
        const pids = [...text.matchAll(/pid (\d+)/g)].map(([, pid]) => Number(pid))
        assert.equal(new Set(pids).size, processes)
        running.child.kill('SIGUSR2')
        await allGone([...pids, running.child.pid as number])
        const ended = await running.ended
        assert.deepEqual([ended.code, ended.signal], [code, signal], ended.stderr)
      })
    }
  },
)
