/** `waiting`: not begun as far as is known; `running`: next to be answered by its worker. */
export type TaskState = 'waiting' | 'running' | 'done' | 'failed' | 'cancelled'

/** When something happened to a task, in milliseconds as of `performance.now()`; nothing as long as it has not. */
export interface TaskTiming {
  readonly submitted: number
  /** To the worker of its last attempt. */
  readonly sent: number | undefined
  readonly settled: number | undefined
}

/** What a task stands for. */
export interface TaskRecord {
  readonly id: number
  readonly attempts: number
  readonly worker: string | undefined
  readonly timing: TaskTiming
  /** As `toString()` shows it. */
  readonly text: string
  readonly state: TaskState
  cancel(): boolean
  // Set by its Task. It rejects when it is resolved with a promise that rejects.
  resolve: (value: unknown) => void
  promise: Promise<unknown>
}

// The executor of a promise runs within its constructor, before a field could take its switch over. The other switch, to
// reject it, is not kept, because that would be an eighth of the memory that a waiting call keeps.
let resolveLast: ((value: never) => void) | undefined
const keepSwitch = (resolve: (value: never) => void): void => void (resolveLast = resolve)

/**
 * The promise that `pool.apply()` returns: of what the function returns, or of its error.
 *
 * ```ts
 * const task = pool.apply(render, [page])
 * if (tooLate) task.cancel()
 * const html = await task
 * ```
 */
export class Task<T> extends Promise<T> {
  /** `then`, `catch` and `finally` give ordinary promises. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise
  }

  readonly #record: TaskRecord

  static {
    // A declaration file has no place for a computed name.
    const show = { value: Task.prototype.toString, configurable: true }
    void Object.defineProperty(this.prototype, Symbol.for('nodejs.util.inspect.custom'), show)
    // `await` and `Promise.all` take what says that it is of Promise as it is; for a subclass each of them makes two
    // promises more, and Promise.all does so for all tasks at once, in one piece.
    void Object.defineProperty(this.prototype, 'constructor', { value: Promise, writable: true, configurable: true })
  }

  /** Tasks are made by `pool.apply()`. */
  constructor(record: TaskRecord) {
    super(keepSwitch)
    this.#record = record
    record.resolve = resolveLast as (value: unknown) => void
    // It leads to the promise, and so to its value.
    resolveLast = undefined
    record.promise = this
  }

  /** Counts the tasks of a pool from 1. */
  get id(): number {
    return this.#record.id
  }

  get state(): TaskState {
    return this.#record.state
  }

  /** How often it was submitted to a worker or waits to be: 1, and one more for each of its `retries`. */
  get attempts(): number {
    return this.#record.attempts
  }

  /** Name of the worker that has it, or had it last; nothing while it waits. */
  get worker(): string | undefined {
    return this.#record.worker
  }

  get timing(): TaskTiming {
    return this.#record.timing
  }

  /** As Python shows a future: `<Task 3 done: string>`. */
  override toString(): string {
    return this.#record.text
  }

  /**
   * Gives the task up before it runs: the promise rejects with a `CancelledError` (`MC_TASK_CANCELLED`), which needs no
   * handler. Returns false when it runs already or is over, as `Future.cancel()` of
   * [Python](https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.Future.cancel) does; to end a
   * task that runs, give `apply` a `signal`. Tiny tasks travel to their worker many together: one of those may still begin
   * there, although nobody hears of it.
   */
  cancel(): boolean {
    return this.#record.cancel()
  }
}
