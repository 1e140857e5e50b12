import { readFileSync } from 'node:fs'
import type { Worker } from 'node:worker_threads'
import type { BackendName } from 'manycore'
import { childrenOf } from '../support/workers.js'

/** One thing that goes wrong in the worker that calls `strike`. */
export interface Fault {
  readonly name: string
  /** What becomes of the worker. `stuck`: it lives on and does nothing, until a time limit ends it. */
  readonly effect: 'throws' | 'dies' | 'stuck' | 'dies later'
  /** Runs in a worker, and does not return unless the fault strikes later. */
  readonly strike: () => void
  readonly exitCode?: number | null
  readonly signal?: NodeJS.Signals | null
  /** What the error says about the worker's end. */
  readonly says?: RegExp
}

export const FAULTS: readonly Fault[] = [
  {
    name: 'throw',
    effect: 'throws',
    strike: () => {
      throw new RangeError('struck')
    },
  },
  {
    name: 'process.exit(0)',
    effect: 'dies',
    strike: () => process.exit(0),
    exitCode: 0,
    signal: null,
    says: /exit code 0 \(did it call process\.exit/,
  },
  {
    name: 'process.exit(3)',
    effect: 'dies',
    strike: () => process.exit(3),
    exitCode: 3,
    signal: null,
    says: /ended with exit code 3/,
  },
  {
    name: 'process.abort()',
    effect: 'dies',
    strike: () => process.abort(),
    exitCode: null,
    signal: 'SIGABRT',
    says: /was killed by SIGABRT \(process\.abort/,
  },
  {
    name: 'SIGKILL',
    effect: 'dies',
    strike: () => {
      process.kill(process.pid, 'SIGKILL')
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
    },
    exitCode: null,
    signal: 'SIGKILL',
    says: /was killed by SIGKILL, which manycore did not send/,
  },
  {
    name: 'SIGSEGV',
    effect: 'dies',
    strike: () => {
      process.kill(process.pid, 'SIGSEGV')
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
    },
    exitCode: null,
    signal: 'SIGSEGV',
    says: /was killed by SIGSEGV \(a fatal error in native code\)/,
  },
  {
    name: 'heap exhaustion',
    effect: 'dies',
    strike: () => {
      const hoard: unknown[] = []
      for (;;) hoard.push(Array.from({ length: 10_000 }, (_, at) => `${hoard.length} ${at}`))
    },
    says: /ran out of heap memory \(.*give it more with execArgv/s,
  },
  {
    name: 'SIGSTOP, with a time limit',
    effect: 'stuck',
    strike: () => {
      process.kill(process.pid, 'SIGSTOP')
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
    },
  },
  {
    name: 'while (true) {}, with a time limit',
    effect: 'stuck',
    strike: () => {
      for (;;);
    },
  },
  {
    name: 'an unhandled rejection outside of the task',
    effect: 'dies later',
    strike: () => {
      setImmediate(() => void Promise.reject(new RangeError('nobody handles this')))
    },
    exitCode: 1,
    signal: null,
    says: /ended with exit code 1 after an uncaught error: RangeError: nobody handles this/,
  },
  {
    name: 'an uncaught exception outside of the task',
    effect: 'dies later',
    strike: () => {
      setImmediate(() => {
        throw new RangeError('nobody catches this')
      })
    },
    exitCode: 1,
    signal: null,
    says: /ended with exit code 1 after an uncaught error: RangeError: nobody catches this/,
  },
]

/** Those that a backend can show; `reason` says why it cannot show the others. */
export function faultsIn(backend: BackendName): Fault[] {
  return FAULTS.filter((fault) => reason(backend, fault) === undefined).map((fault) =>
    backend === 'thread' && fault.name === 'heap exhaustion' ? { ...fault, says: /ran out of heap memory/ } : fault,
  )
}

/** Why a backend does not show a fault. */
export function reason(backend: BackendName, { name, effect }: Fault): string | undefined {
  if (backend !== 'process' && /^SIG|abort/.test(name)) return 'it ends, or stops, the whole program'
  if (backend !== 'inline' || effect === 'throws' || name.startsWith('process.exit')) return undefined
  return effect === 'stuck' ? 'it blocks the thread of its owner' : 'it ends the whole program'
}

/** What somebody outside of manycore can do to the workers of a pool, in the middle of its own work. */
export interface Blow {
  readonly name: string
  /** Strikes a worker: a pid, or a thread. */
  strike(victim: number | Worker): void
  /** The code of the error of what is lost by it. */
  readonly costs: 'MC_WORKER_CRASHED' | 'MC_TASK_TIMEOUT'
}

export const BLOWS: Readonly<Record<'process' | 'thread', readonly Blow[]>> = {
  process: (['SIGKILL', 'SIGSEGV', 'SIGABRT', 'SIGSTOP'] as const).map((signal) => ({
    name: signal,
    strike: (pid) => void process.kill(pid as number, signal),
    costs: signal === 'SIGSTOP' ? 'MC_TASK_TIMEOUT' : 'MC_WORKER_CRASHED',
  })),
  thread: [
    {
      name: 'worker.terminate()',
      strike: (thread) => void (thread as Worker).terminate(),
      costs: 'MC_WORKER_CRASHED',
    },
  ],
}

/** The worker processes of this process; its reaper is none of them. */
export function workerPids(): number[] {
  return childrenOf(process.pid).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('process-entry')
    } catch {
      return false
    }
  })
}
