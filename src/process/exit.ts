import { constants } from 'node:os'
import { StateError, WorkerCrashedError } from '../base/errors.ts'
import type { WorkerExit } from '../backend/backend.ts'

/** How a process ended. */
export interface ProcessExit {
  /** 0 after a normal end, 1 after an uncaught error, `-N` after signal N, else what the process exited with. */
  readonly exitCode: number
  /** The signal that killed it, such as `'SIGTERM'`. */
  readonly exitSignal: NodeJS.Signals | null
  /** The same in words. */
  readonly reason: string
  /** The last lines that it wrote to stderr. */
  readonly stderrTail: string
}

/** Python's numbers: a process that was killed by signal N has the exit code -N. */
export function processExit(exit: WorkerExit): ProcessExit {
  const exitCode = exit.signal === null ? (exit.exitCode ?? 1) : -constants.signals[exit.signal]
  return { exitCode, exitSignal: exit.signal, reason: exit.reason, stderrTail: exit.stderrTail }
}

/**
 * Why a process that has ended has no result: `MC_PROCESS_ENDED` where this program ended it, else
 * `MC_WORKER_CRASHED` with all that is known.
 */
export function endedError(
  exit: WorkerExit,
  name: string,
  endedBy: string | undefined,
): StateError | WorkerCrashedError {
  if (endedBy !== undefined) {
    return new StateError('MC_PROCESS_ENDED', `${name} has no result: ${endedBy} ended it before its target returned.`)
  }
  const reason = exit.clean ? 'ended with exit code 0 (did it call process.exit()?)' : exit.reason
  return new WorkerCrashedError(`${name} has no result: it ${reason} before its target returned.`, exit)
}

/** `0`, `3`, `-SIGTERM`. */
export function showExitCode(exit: ProcessExit): string {
  return exit.exitSignal === null ? String(exit.exitCode) : `-${exit.exitSignal}`
}
