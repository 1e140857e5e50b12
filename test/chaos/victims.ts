import { readFileSync } from 'node:fs'
import type { Worker } from 'node:worker_threads'
import type { Pool } from 'manycore'
import { workerPids } from '../pool/faults.js'
import { watchThreads } from '../support/thread-watch.js'

/** The workers of this process, as somebody outside of manycore sees them. */
export interface Victims {
  /** The numbers of those that live. */
  all(): number[]
  /** Whether it has come to its own code. */
  isStarted(id: number, pool: Pool): boolean
  /** True when it was struck. */
  send(id: number, signal: NodeJS.Signals): boolean
  /** For a report about what does not end. */
  describe(): string
}

export function processVictims(): Victims {
  return {
    all: workerPids,
    isStarted: (id, pool) => pool.stats().workers.some(({ pid, state }) => pid === id && state !== 'starting'),
    send(pid, signal) {
      try {
        return process.kill(pid, signal)
      } catch {
        return false
      }
    },
    // With the states that the system tells: R runs, S waits, T is stopped.
    describe: () =>
      workerPids()
        .map((pid) => `${pid} ${/\) (\w)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]}`)
        .join(', '),
  }
}

/** Threads are terminated, whatever they are doing, behind the back of manycore; nothing stops one for a while. */
export function threadVictims(): Victims {
  const threads = new Map<number, Worker>()
  const online = new Set<number>()
  watchThreads((thread) => {
    const { threadId } = thread
    threads.set(threadId, thread)
    thread.once('online', () => online.add(threadId))
    thread.once('exit', () => {
      threads.delete(threadId)
      online.delete(threadId)
    })
  })
  return {
    all: () => [...threads.keys()],
    isStarted: (id) => online.has(id),
    send(id, signal) {
      const thread = threads.get(id)
      if (thread === undefined || signal === 'SIGSTOP' || signal === 'SIGCONT') return false
      void thread.terminate()
      return true
    },
    describe: () => [...threads.keys()].join(', '),
  }
}
