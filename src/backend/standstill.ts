import { readFileSync, readdirSync } from 'node:fs'
import { platform } from '../base/environment.ts'

/**
 * Shows that a process hangs in Node's start, before it has run any code: Node makes a thread for delayed tasks and some
 * for V8, and when the system lets it make only some of them, it waits for all of them without end
 * (`WorkerThreadsTaskRunner` in src/node_platform.cc, seen from 20.20 to 26.10). Nothing where it cannot be told.
 *
 * Three things say so together: SIGUSR1 is blocked, which Node does first of all and undoes before it runs code; there
 * are fewer threads than Node starts with; all of them sleep. The text has the CPU time that they have used.
 */
export function standstill(pid: number): string | undefined {
  if (!platform().hasProcfs) return undefined
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1')
    const blocked = BigInt(`0x${/^SigBlk:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`)
    if ((blocked & SIGUSR1) === 0n) return undefined
    const threads = readdirSync(`/proc/${pid}/task`)
    if (threads.length >= THREADS_OF_NODE) return undefined
    const times = threads.map((thread) => {
      const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'latin1')
      const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      if (state !== 'S') throw new Error('it runs')
      return `${thread} ${fields[10]} ${fields[11]}`
    })
    return times.join(', ')
  } catch {
    // It runs, has ended, or is not shown to us.
    return undefined
  }
}

/** The bit of signal 10. */
const SIGUSR1 = 1n << 9n

/** The first one, one for delayed tasks, and four for V8 (`--v8-pool-size`). */
const THREADS_OF_NODE = 6
