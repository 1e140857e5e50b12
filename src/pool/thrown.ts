import { CancelledError, WorkerCrashedError } from '../base/errors.ts'

// A pool within a task has errors of the same classes as the pool that runs the task.
const thrown = new WeakSet<object>()

/** A task failed with this: what it tells is of something else than the task itself. */
export function noteThrown(reason: unknown): void {
  if (reason instanceof CancelledError || reason instanceof WorkerCrashedError) thrown.add(reason)
}

/** The task was given up. */
export function isCancellation(reason: unknown): boolean {
  return reason instanceof CancelledError && !thrown.has(reason)
}

/** The task was lost with its worker. */
export function isLoss(reason: unknown): boolean {
  return reason instanceof WorkerCrashedError && !thrown.has(reason)
}
