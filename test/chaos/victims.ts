import { readFileSync } from 'node:fs'
import type { Worker } from 'node:worker_threads'
import { workerPids } from '../pool/faults.js'

/** The workers of this process, as somebody outside of manycore sees them. */
export interface Victims {
  /** The numbers of those that live. */
  all(): number[]
  /** True when it was struck. */
  send(id: number, signal: NodeJS.Signals): boolean
  /** For a report about what does not end. */
  describe(): string
}

const STARTING_MS = 700

export function processVictims(): Victims {
  return {
    all: workerPids,
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
  const threads = new Map<number, { readonly thread: Worker; onlineMs: number }>()
  const module = process.getBuiltinModule('node:worker_threads')
  const { Worker: Thread } = module
  module.Worker = class extends Thread {
    constructor(...options: ConstructorParameters<typeof Thread>) {
      super(...options)
      const { threadId } = this
      const victim = { thread: this, onlineMs: Infinity }
      threads.set(threadId, victim)
      this.once('online', () => (victim.onlineMs = performance.now()))
      this.once('exit', () => threads.delete(threadId))
    }
  }
  return {
    all: () => [...threads.keys()],
    send(id, signal) {
      const victim = threads.get(id)
      if (victim === undefined || signal === 'SIGSTOP' || signal === 'SIGCONT') return false
      // Nobody can tell it from one that fails to start: three of them are the end of a pool.
      if (!(performance.now() - victim.onlineMs > STARTING_MS)) return false
      void victim.thread.terminate()
      return true
    },
    describe: () => [...threads.keys()].join(', '),
  }
}
