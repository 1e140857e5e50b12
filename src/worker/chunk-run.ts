import { Kind, type Message } from '../channel/messages.ts'
import type { Answers, Soon } from './answers.ts'
import type { TaskFunction } from './function-table.ts'
import { isThenable } from './thenable.ts'

/** Values of finished items wait for so long at most to travel together, when there is more to do. */
const LINGER_MS = 0.1

/** Runs one chunk, item after item, and answers each, in order. */
export class ChunkRun {
  readonly #answers: Answers
  readonly #task: number
  readonly #index: number
  readonly #star: boolean
  readonly #call: TaskFunction['call']
  readonly #items: readonly unknown[]
  // Finished and not answered: the items from `#answered` on.
  #values: unknown[] = []
  #answered = 0
  #oldestMs = 0
  #cancelled = false
  #sending: Soon
  #armed = false

  constructor(answers: Answers, message: Message, call: TaskFunction['call'], items: readonly unknown[]) {
    this.#answers = answers
    this.#task = message.task
    this.#index = message.index
    this.#star = message.kind === Kind.starChunk
    this.#call = call
    this.#items = items
  }

  /** Nothing of it is begun any more. */
  cancel(task: number, index: number): void {
    if (task === this.#task && index === this.#index) this.#cancelled = true
  }

  /** Answers what has finished, because nothing will go on. */
  settle(): void {
    void this.#flush()
  }

  /** Runs from `at` on; gives a promise as soon as there is something to wait for. */
  go(at = 0): Soon {
    for (; at < this.#items.length; at++) {
      const nowMs = this.#answers.begin()
      if (this.#cancelled) return this.#then(this.#flush(), () => this.#answers.skipped(this.#task))
      if (this.#values.length === 0) this.#oldestMs = nowMs
      else if (nowMs - this.#oldestMs > LINGER_MS) {
        const soon = this.#flush()
        if (soon !== undefined) return soon.then(() => this.go(at))
      }
      const soon = this.#item(at)
      if (soon !== undefined) return soon.then(() => this.go(at + 1))
    }
    return this.#flush()
  }

  #item(at: number): Soon {
    const item = this.#items[at]
    let value: unknown
    let later: boolean
    try {
      value = this.#star ? this.#call(...(item as unknown[])) : this.#call(item)
      later = isThenable(value)
    } catch (error) {
      return this.#failed(at, error)
    }
    if (!later) {
      this.#values.push(value)
      return undefined
    }
    this.#flushWhileWaiting()
    return Promise.resolve(value).then(
      (late) => void this.#values.push(late),
      (error: unknown) => this.#failed(at, error),
    )
  }

  #failed(at: number, error: unknown): Soon {
    return this.#then(this.#flush(), () => {
      this.#answered = at + 1
      return this.#answers.itemFailed(this.#task, this.#index + at, error)
    })
  }

  // An item that waits must not hold back those that have finished. One turn of the event loop is given to functions
  // that are only async by name.
  #flushWhileWaiting(): void {
    if (this.#armed) return
    this.#armed = true
    setImmediate(() => {
      this.#armed = false
      this.#sending = this.#flush()
    })
  }

  #flush(): Soon {
    return this.#then(this.#sending, () => {
      this.#sending = undefined
      if (this.#values.length === 0) return undefined
      const index = this.#index + this.#answered
      const values = this.#values
      this.#values = []
      this.#answered += values.length
      return this.#answers.items(this.#task, index, values)
    })
  }

  #then(soon: Soon, next: () => Soon): Soon {
    return soon === undefined ? next() : soon.then(next)
  }
}
