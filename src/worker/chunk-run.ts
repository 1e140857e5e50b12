import { atNextTurn } from '../base/event-loop.ts'
import { Kind, type Message } from '../channel/messages.ts'
import type { Answers } from './answers.ts'
import { Held } from './held.ts'
import { after, type Soon } from './soon.ts'
import type { TaskMarks } from './task-scope.ts'
import { isThenable } from './thenable.ts'

/** Runs one item, in the context that it is to have. `index`: its place within the map, or its place among the calls. */
export interface TaskRun {
  /** Nobody can notice that it runs again. */
  readonly pure: boolean
  /** A run may change what an earlier run gave. */
  readonly keepsState: boolean
  /** `item`: the arguments as an array, except of a `chunk`, whose items are the only argument. */
  readonly call: (index: number, item: unknown) => unknown
}

/** Runs one chunk, item after item, and answers each, in order. */
export class ChunkRun {
  readonly #answers: Answers
  readonly #task: number
  readonly #index: number
  readonly #run: TaskRun
  readonly #marks: Pick<TaskMarks, 'isMarked'>
  #items: readonly unknown[]
  readonly #together: boolean
  // Finished and not answered: the items from `#answered` on.
  readonly #held = new Held()
  #answered = 0
  // When the work began that the next answer of values will be for.
  #sinceMs: number = performance.now()
  // Items begun since the clock was last looked at, and after how many that happens again.
  #unseen = 0
  #stride = 1
  #seenMs = 0
  #cancelled = false
  #isOver = false
  #sending: Soon
  #armed = false
  readonly #answer = (): Soon => this.#flush()

  constructor(
    answers: Answers,
    message: Message,
    run: TaskRun,
    items: readonly unknown[],
    marks: Pick<TaskMarks, 'isMarked'>,
  ) {
    this.#answers = answers
    this.#marks = marks
    this.#task = message.task
    this.#index = message.index
    this.#together = message.kind !== Kind.calls
    this.#run = run
    this.#items = items
  }

  /** Nothing of it is begun any more. False when it is another chunk, or has come to its end. */
  cancel(task: number, index: number): boolean {
    if (task !== this.#task || index !== this.#index || this.#isOver) return false
    this.#cancelled = true
    return true
  }

  /** Begins nothing more of it and answers nothing. */
  abandon(): void {
    this.#items = NOTHING
    this.#held.drop()
  }

  /** Answers what has finished, because nothing will go on. */
  settle(): void {
    void this.#flush()
  }

  /** Runs from `at` on; gives a promise as soon as there is something to wait for. */
  go(at = 0): Soon {
    for (; at < this.#items.length; at++) {
      const isStale = this.#isStale()
      // Items that keep the event loop busy do not let the message that says so come through.
      if (isStale && this.#marks.isMarked()) this.#cancelled = true
      if (this.#cancelled) return after(this.#flush(), () => this.#answers.skipped(this.#task))
      const soon = isStale ? after(this.#push(), () => this.#item(at)) : this.#item(at)
      if (soon !== undefined) return soon.then(() => this.go(at + 1))
    }
    this.#isOver = true
    return this.#flush()
  }

  // To look at the clock takes longer than a tiny item, so while items take no time it is looked at less often.
  #isStale(): boolean {
    if (this.#held.count === 0) return false
    if (this.#run.pure && ++this.#unseen < this.#stride) return false
    const nowMs = performance.now()
    this.#stride = nowMs - this.#seenMs < TINY_MS ? Math.min(this.#stride * 2, MOST_STRIDE) : 1
    this.#seenMs = nowMs
    this.#unseen = 0
    return this.#answers.isStale(nowMs - this.#sinceMs, this.#together)
  }

  #item(at: number): Soon {
    const answer = this.#held.count > 0 ? this.#answer : undefined
    const soon = this.#answers.begin(this.#task, this.#index + at, this.#run.pure, answer)
    return soon === undefined ? this.#perform(at) : soon.then(() => this.#perform(at))
  }

  #perform(at: number): Soon {
    const item = this.#items[at]
    let value: unknown
    let later: boolean
    try {
      value = this.#run.call(this.#index + at, item)
      later = isThenable(value)
    } catch (error) {
      return this.#failed(at, error)
    }
    if (!later) return this.#finished(at, value)
    this.#flushWhileWaiting()
    return Promise.resolve(value).then(
      (late) => this.#finished(at, late),
      (error: unknown) => this.#failed(at, error),
    )
  }

  #finished(at: number, value: unknown): Soon {
    if (this.#answers.hold(this.#held, this.#task, this.#index + at, value, this.#run.keepsState)) return undefined
    const { count } = this.#held
    const eachNs = Math.round(this.#elapsedNs() / (count + 1))
    return after(this.#flush(eachNs * count), () => {
      this.#answered = at + 1
      return this.#answers.item(this.#task, this.#index + at, value, eachNs)
    })
  }

  #failed(at: number, error: unknown): Soon {
    const { count } = this.#held
    const eachNs = Math.round(this.#elapsedNs() / (count + 1))
    return after(this.#flush(eachNs * count), () => {
      this.#answered = at + 1
      return this.#answers.itemFailed(this.#task, this.#index + at, error, eachNs)
    })
  }

  // An item that waits must not hold back those that have finished. One turn of the event loop is given to functions
  // that are only async by name.
  #flushWhileWaiting(): void {
    if (this.#armed) return
    this.#armed = true
    atNextTurn(() => {
      this.#armed = false
      this.#sending = this.#flush()
    })
  }

  // Since it was asked for last.
  #elapsedNs(): number {
    const nowMs = performance.now()
    const elapsedNs = Math.round((nowMs - this.#sinceMs) * 1e6)
    this.#sinceMs = nowMs
    return elapsedNs
  }

  // What is answered before the next item begins would wait for it in the channel.
  #push(): Soon {
    return after(this.#flush(), () => {
      this.#answers.push()
      return undefined
    })
  }

  #flush(tookNs?: number): Soon {
    return after(this.#sending, () => {
      this.#sending = undefined
      const { count } = this.#held
      if (count === 0) return undefined
      const index = this.#index + this.#answered
      this.#answered += count
      return this.#answers.items(this.#task, index, this.#held, tookNs ?? this.#elapsedNs())
    })
  }
}

const TINY_MS = 0.02
const MOST_STRIDE = 16

const NOTHING: readonly unknown[] = []
