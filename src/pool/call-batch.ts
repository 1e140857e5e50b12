import { Kind } from '../channel/messages.ts'
import type { Payload } from '../codec/payload.ts'
import { Tag } from '../codec/tag.ts'
import { encodeLent } from '../marshal/functions.ts'
import { Batch, payloadOrReason } from './batch.ts'
import { isEncoded, tupleOf, type CallArguments } from './call-arguments.ts'
import type { Call } from './call.ts'

// Calls that wait together travel together; more of them would hold back the first answers.
const MOST_TOGETHER = 64
// With its header this fits into one block of a channel, which is written at once.
const MOST_LENGTH = 60 * 1024

/** The queue that a call waits in. */
export interface CallBatchHome {
  /** `nowMs`: when its answer came. */
  resolve(call: Call, value: unknown, nowMs: number): void
  reject(call: Call, reason: unknown): void
  giveBack(calls: readonly Call[], reason: Error, losses: number): void
}

/** Calls of one function that travel together. */
export class CallBatch extends Batch {
  readonly #home: CallBatchHome
  readonly #calls: readonly Call[]

  constructor(home: CallBatchHome, calls: readonly Call[]) {
    const first = calls[0] as Call
    super({
      fn: first.fn,
      kind: calls.length === 1 ? Kind.call : Kind.calls,
      task: first.id,
      index: 0,
      count: calls.length,
      ...payloadOrReason(() => payloadOf(calls)),
      attempt: first.attempts,
      shared: first.terms.shared,
      isRetried: first.terms.retries !== undefined,
      graceMs: first.terms.graceMs,
      losses: first.losses,
    })
    this.#home = home
    this.#calls = calls
    for (const call of calls) call.batch = this
  }

  resolved(at: number, values: readonly unknown[]): void {
    const nowMs = performance.now()
    for (let i = 0; i < values.length; i++) this.#home.resolve(this.#calls[at + i] as Call, values[i], nowMs)
  }

  rejected(at: number, reason: unknown): void {
    this.#home.reject(this.#calls[at] as Call, reason)
  }

  returned(reason: Error, losses: number): void {
    this.#home.giveBack(this.#calls.slice(this.answered), reason, losses)
  }

  override cancelWaiting(): void {
    for (const call of this.#calls) call.cancel()
  }

  override site(at: number): Error | undefined {
    return this.#calls[at]?.terms.site
  }

  argumentsAt(at: number): readonly unknown[] | Payload {
    const call = this.#calls[at]
    if (call === undefined || call.isSettled) return []
    return isEncoded(call.args) ? call.args : tupleOf(call.args)
  }

  submittedMs(at: number): number {
    return this.#calls[at]?.submittedMs ?? 0
  }

  describe(at: number): string {
    return `task ${this.#calls[at]?.id}, ${this.fn.name}()`
  }
}

/** Gathers calls that may travel together, which the first of them begins. */
export class CallGroup {
  readonly calls: Call[]
  readonly #first: Call
  readonly #most: number
  #length: number

  constructor(first: Call, most: number) {
    this.calls = [first]
    this.#first = first
    this.#most = first.terms.alone ? 1 : Math.min(most, MOST_TOGETHER)
    this.#length = lengthOf(first.args)
  }

  get isFull(): boolean {
    return this.calls.length >= this.#most || this.#length >= MOST_LENGTH
  }

  /** False when it has to travel without them. */
  add(next: Call): boolean {
    const first = this.#first
    if (
      next.fn !== first.fn ||
      next.terms.alone ||
      isEncoded(next.args) !== isEncoded(first.args) ||
      next.attempts !== first.attempts ||
      next.terms.shared !== first.terms.shared ||
      next.id !== first.id + this.calls.length
    )
      return false
    const length = this.#length + lengthOf(next.args)
    // More than fits, or nothing that travels with others.
    if (length > MOST_LENGTH) return false
    this.#length = length
    this.calls.push(next)
    return true
  }
}

// How much of a message the arguments take; Infinity for what travels alone.
function lengthOf(args: CallArguments): number {
  if (typeof args === 'string') return args.length
  if (isEncoded(args)) return args.tag === Tag.json && typeof args.body === 'string' ? args.body.length : Infinity
  if (!Array.isArray(args)) return 0
  let length = 0
  for (const argument of args) if (typeof argument === 'string') length += argument.length
  return length
}

function payloadOf(calls: readonly Call[]): Payload {
  const first = calls[0]?.args
  if (isEncoded(first)) {
    if (calls.length === 1) return first
    return {
      tag: Tag.json,
      body: `[${calls.map(({ args }) => (args as Payload).body as string).join(',')}]`,
      buffers: [],
    }
  }
  const tuples = calls.map(({ args }) => tupleOf(args as Exclude<CallArguments, Payload>))
  return encodeLent(calls.length === 1 ? tuples[0] : tuples, 'args', false)
}
