import type { Channel } from '../channel/channel.ts'
import { NoTask } from '../channel/journal.ts'
import type { JournalWriter } from '../channel/journal-writer.ts'
import { Kind, type Message } from '../channel/messages.ts'
import type { Payload } from '../codec/payload.ts'
import type { Marshal } from '../marshal/marshal.ts'
import type { Held } from './held.ts'
import { after, type Soon } from './soon.ts'

/** Answers wait for others to share a write with for this long at most, when there is more to do. */
const LINGER_MS = 0.1

/** The values of one chunk's items wait for each other until they are so much work. */
const LINGER_TOGETHER_MS = 0.5

/**
 * The same where nobody waits for one answer rather than for the last: to wake the owner takes a fifth of a millisecond
 * from a machine that is busy. What took longer than two milliseconds still has a message, and a time, of its own.
 */
const PATIENT_MS = 50
const PATIENT_TOGETHER_MS = 2

/** What a worker tells its owner about tasks. Each method gives a promise when the worker has to wait before it goes on. */
export class Answers {
  /** How many tasks, and items of tasks, have begun. */
  begun = 0
  /** Nobody waits for one answer of what runs rather than for the last. */
  patient = false
  /** Called before each answer of a task. */
  watch: (() => void) | undefined
  readonly #channel: Channel
  readonly #marshal: Marshal
  readonly #journal: JournalWriter
  #sinceMs = 0
  #journaled = false

  constructor(channel: Channel, marshal: Marshal, journal: JournalWriter) {
    this.#channel = channel
    this.#marshal = marshal
    this.#journal = journal
  }

  /**
   * A task, or an item of one, begins as soon as the promise has settled, if there is one. Unless nobody can notice
   * that it runs again, the owner can learn from the journal that it had begun. `answer` gives values of finished items to
   * the channel, where there are some that were not answered yet.
   */
  begin(task: number, index: number, pure: boolean, answer?: () => Soon): Soon {
    this.begun++
    this.#journaled = !pure
    if (pure) {
      if (answer === undefined) this.#flushStale()
      return undefined
    }
    const soon = this.#journal.settle(this.#channel, answer !== undefined, this.patient ? PATIENT_MS : undefined)
    return soon === undefined ? this.#note(task, index, answer) : soon.then(() => this.#note(task, index, answer))
  }

  /**
   * Builds a function, which the owner can learn from the journal: what it captured, or a module that it imports, may be
   * the end of the worker.
   */
  building(fn: number, build: () => Soon): Soon {
    const noted = after(this.#journal.settle(this.#channel), () => this.#note(NoTask.building, fn))
    return after(after(noted, build), () => this.#note(NoTask.idle, 0))
  }

  /**
   * Holds the value of an item that will be answered together with others; false when it must be answered alone and
   * at once, because it is not plain or cannot travel. `mayChange`: what runs next may change it.
   */
  hold(held: Held, task: number, index: number, value: unknown, mayChange: boolean): boolean {
    if (!this.#journaled && !mayChange) {
      held.keep(value)
      return true
    }
    if (!isFixed(held, value)) return false
    if (this.#journaled) this.#journal.finish({ kind: Kind.items, task, fn: 0, index, count: 1, payload: held.last })
    return true
  }

  /** Held values of so much work should be answered before the next item begins. `together`: they are of one map. */
  isStale(workMs: number, together: boolean): boolean {
    const limitMs = this.patient ? PATIENT_TOGETHER_MS : LINGER_TOGETHER_MS
    if (!this.#journaled) return workMs > limitMs
    return this.#journal.isFull || workMs > (together ? limitMs : LINGER_MS)
  }

  /** Lets go what was answered, unless it may wait. */
  push(): void {
    if (!this.patient) this.#channel.flush()
  }

  done(task: number, value: unknown): Soon {
    try {
      return this.#send(Kind.done, task, 0, 0, this.#marshal.encode(value, 'result'))
    } catch (error) {
      return this.failed(task, error)
    }
  }

  failed(task: number, error: unknown): Soon {
    return this.#send(Kind.failed, task, 0, 0, this.#marshal.encodeError(error))
  }

  /** Nothing more of the task will be answered. */
  skipped(task: number): Soon {
    return this.#send(Kind.failed, task, 0, 0, undefined)
  }

  /** `tookNs`: as far as it is known. */
  itemFailed(task: number, index: number, error: unknown, tookNs = 0): Soon {
    return this.#send(Kind.itemFailed, task, index, 1, this.#marshal.encodeError(error), !this.#journaled, tookNs)
  }

  /** The value of one item that was not held. */
  item(task: number, index: number, value: unknown, tookNs: number): Soon {
    try {
      const payload = this.#marshal.encode([value], 'result')
      return this.#send(Kind.items, task, index, 1, payload, !this.#journaled, tookNs)
    } catch (error) {
      return this.itemFailed(task, index, this.#withoutArray(value) ?? error, tookNs)
    }
  }

  /**
   * The held values of the items from `index` on. Plain ones travel together; if one of them is not plain, each travels
   * alone, so that one that cannot travel or be read again costs its own item only. The owner learns how long they took.
   */
  items(task: number, index: number, held: Held, tookNs: number): Soon {
    const { count } = held
    const taken = held.take()
    if (Array.isArray(taken)) return this.#eachItem(task, index, taken, Math.round(tookNs / count), 0)
    // Each of them stands in the journal already.
    return this.#send(Kind.items, task, index, count, taken as Payload, true, tookNs)
  }

  // Where the journal cannot be written, what has finished must have left before anything else runs.
  #note(task: number, index: number, answer?: () => Soon): Soon {
    if (this.#journal.begin(task, index)) return undefined
    return after(answer?.(), () => this.#journal.settle(this.#channel))
  }

  #eachItem(task: number, index: number, values: readonly unknown[], tookNs: number, from: number): Soon {
    for (let at = from; at < values.length; at++) {
      const soon = this.item(task, index + at, values[at], tookNs)
      if (soon !== undefined) return soon.then(() => this.#eachItem(task, index, values, tookNs, at + 1))
    }
    return undefined
  }

  #send(
    kind: Answer['kind'],
    task: number,
    index: number,
    count: number,
    payload: Payload | undefined,
    isNoted = !this.#journaled,
    tookNs = 0,
  ): Soon {
    const answer = { kind, task, fn: tookNs, index, count, payload } as Answer
    // A hook is no task: one that fills its worker would have it replaced before it had done anything.
    if (task !== 0) this.watch?.()
    if (!isNoted) this.#journal.finish(answer)
    if (this.#channel.send(answer)) return undefined
    // The owner is slow, and the worker waits: nothing is running meanwhile.
    this.#journal.idle()
    return this.#channel.drained()
  }

  // Why an item's value cannot travel, with the path as its function sees it.
  #withoutArray(value: unknown): unknown {
    try {
      this.#marshal.encode(value, 'result')
      return undefined
    } catch (error) {
      return error
    }
  }

  #flushStale(): void {
    const nowMs = performance.now()
    if (this.#channel.waiting === 0) this.#sinceMs = nowMs
    else if (nowMs - this.#sinceMs > (this.patient ? PATIENT_MS : LINGER_MS)) {
      this.#channel.flush()
      this.#sinceMs = nowMs
    }
  }
}

type AnswerKind = 'done' | 'failed' | 'items' | 'itemFailed'
type Answer = Extract<Message, { kind: (typeof Kind)[AnswerKind] }>

function isFixed(held: Held, value: unknown): boolean {
  try {
    return held.fix(value)
  } catch {
    // What a value throws when it is looked at is told when it is answered alone.
    return false
  }
}
