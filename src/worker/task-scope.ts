import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks'
import { CancelledError } from '../base/errors.ts'
import { answerCurrentTask, type CurrentTask } from './task-context.ts'

/** How the task that comes next runs. */
export interface TaskManner {
  readonly attempt: number
  /** Nobody waits for one of its answers rather than for the last. */
  readonly patient: boolean
  /** The journal is to name it, although nobody could notice that it runs again. */
  readonly isNoted: boolean
  /** Puts what its caller shares in place, within the task's async context. */
  readonly enter?: (() => void) | undefined
}

/** Which task, for the owner: the numbers of its message. */
export interface TaskPlace {
  readonly task: number
  readonly index: number | undefined
  readonly fn: number
}

/** What a worker and its owner read of each other while the worker's event loop is busy. */
export interface TaskMarks {
  /** The owner has marked what this worker holds as cancelled. */
  isMarked(): boolean
  /** What runs now has asked for that, so that it is of use to tell it; or it has not. */
  listen(listens: boolean): void
}

/**
 * Gives each task an async context of its own, so that all that it starts, now or later, knows which task it belongs to,
 * and what a task enters into an AsyncLocalStorage ends with it.
 */
export class TaskScope {
  readonly #marks: TaskMarks
  #now: RunningTask | undefined

  constructor(marks: TaskMarks) {
    if (!isKnown) answerCurrentTask(() => running.getStore())
    isKnown = true
    this.#marks = marks
  }

  /** Whose code runs right now; nothing outside of a task. */
  get place(): TaskPlace | undefined {
    return running.getStore()?.place
  }

  /** `index`: nothing for a call of its own; `number`: of its function. */
  run(
    id: number,
    index: number | undefined,
    number: number,
    manner: TaskManner,
    fn: (...args: unknown[]) => unknown,
    args: readonly unknown[],
  ): unknown {
    this.over()
    const task = new RunningTask(id, index, number, manner.attempt, this.#marks)
    this.#now = task
    return task.runInAsyncScope(begin, undefined, task, manner, fn, args)
  }

  /** Something else runs from now on. */
  over(): void {
    this.#now?.over()
    this.#now = undefined
  }

  /** Tells the task that runs that it is to end. */
  cancel(): void {
    this.#now?.cancel()
  }
}

// One for the thread, in which there can be several inline workers.
const running = new AsyncLocalStorage<RunningTask>()

let isKnown = false

const RESOURCE = { requireManualDestroy: true }

class RunningTask extends AsyncResource implements CurrentTask {
  readonly id: number
  readonly index: number | undefined
  readonly attempt: number
  readonly #fn: number
  readonly #marks: TaskMarks
  // The mark that there may be now is about another task.
  #isOver = false
  #listens = false
  #reason: CancelledError | undefined
  #controller: AbortController | undefined
  // Where the signal was asked for: its listeners are the task's code.
  #listening: AsyncResource | undefined

  constructor(id: number, index: number | undefined, fn: number, attempt: number, marks: TaskMarks) {
    super('ManycoreTask', RESOURCE)
    this.id = id
    this.index = index
    this.attempt = attempt
    this.#fn = fn
    this.#marks = marks
  }

  get place(): TaskPlace {
    return { task: this.id, index: this.index, fn: this.#fn }
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#listen()
      this.#controller = new AbortController()
      this.#listening = new AsyncResource('ManycoreTask', RESOURCE)
      if (this.isCancelled) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }

  get isCancelled(): boolean {
    this.#listen()
    if (this.#reason === undefined && !this.#isOver && this.#marks.isMarked()) this.cancel()
    return this.#reason !== undefined
  }

  throwIfCancelled(): void {
    if (this.isCancelled && this.#reason !== undefined) throw this.#reason
  }

  cancel(): void {
    if (this.#reason !== undefined || this.#isOver) return
    const what = this.index === undefined ? `Task ${this.id}` : `Item ${this.index} of task ${this.id}`
    this.#reason = new CancelledError(`${what} was asked to end: its time is up, or nobody wants its result any more.`)
    this.#listening?.runInAsyncScope(() => this.#controller?.abort(this.#reason))
  }

  over(): void {
    this.#isOver = true
    if (this.#listens) this.#marks.listen(false)
  }

  // From now on the owner gives it time to end, because it hears of that.
  #listen(): void {
    if (this.#listens || this.#isOver) return
    this.#listens = true
    this.#marks.listen(true)
  }
}

function begin(
  task: RunningTask,
  manner: TaskManner,
  fn: (...args: unknown[]) => unknown,
  args: readonly unknown[],
): unknown {
  // Ends with the scope of the resource that the task is.
  running.enterWith(task)
  manner.enter?.()
  return fn(...args)
}
