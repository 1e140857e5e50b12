/** The task that this code belongs to. */
export interface CurrentTask {
  /** As the `id` of its `Task`; all items of one map have the same. 0 outside of a task. */
  readonly id: number
  /** Position of the item within the input of its map; nothing for a call of `apply`. */
  readonly index: number | undefined
  /** 1 for the first time that it runs, 2 for the first of its `retries`. */
  readonly attempt: number
  /**
   * Fires when the task's time is up, its own signal fired or nobody wants its result any more: finish soon, because the
   * worker is killed after the `grace` period. A task that has asked neither for this nor for `isCancelled` by then gets
   * no such period. It fires on the event loop; code that keeps that busy asks `isCancelled`.
   */
  readonly signal: AbortSignal
  /** Whether `signal` fired, or would have if the event loop were not busy. Costs about a microsecond. */
  readonly isCancelled: boolean
  /** Throws the reason of `signal` when `isCancelled`: a `CancelledError` (`MC_TASK_CANCELLED`). */
  throwIfCancelled(): void
}

/**
 * The task that this code runs for, also after an `await` and in callbacks that the task left behind. Outside of a task,
 * such as in the main process, it is one with the id 0 that is never cancelled, so that a function can run anywhere.
 *
 * ```ts
 * import { Pool, currentTask } from 'manycore'
 *
 * await using pool = new Pool({ processes: 1 })
 * const count = (): void => {
 *   for (;;) currentTask().throwIfCancelled()
 * }
 * await pool.apply(count, [], { timeout: 100 }).catch((error) => console.log(error.code)) // MC_TASK_TIMEOUT
 * ```
 */
export function currentTask(): CurrentTask {
  return (globalThis as Holder)[KEY]?.() ?? (outside ??= { ...OUTSIDE, signal: new AbortController().signal })
}

/** Called once by each instance of what runs tasks: the last that knows of one answers. */
export function answerCurrentTask(answer: () => CurrentTask | undefined): void {
  const before = (globalThis as Holder)[KEY]
  ;(globalThis as Holder)[KEY] = before === undefined ? answer : () => answer() ?? before()
}

const KEY: unique symbol = Symbol.for('manycore.currentTask') as never

// On globalThis, because a loader such as tsx makes a second instance of this module for what is required.
interface Holder {
  [KEY]?: () => CurrentTask | undefined
}

let outside: CurrentTask | undefined

const OUTSIDE: Omit<CurrentTask, 'signal'> = {
  id: 0,
  index: undefined,
  attempt: 1,
  isCancelled: false,
  throwIfCancelled() {},
}
