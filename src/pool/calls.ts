import { CancelledError } from '../base/errors.ts'
import { Kind } from '../channel/messages.ts'
import { type Payload } from '../codec/payload.ts'
import { Tag } from '../codec/tag.ts'
import { keepPayload } from '../codec/transfer.ts'
import { encodeLent } from '../marshal/functions.ts'
import { MOST_LOSSES, type Affinity, type Batch, type Holder, type Sending, type Source } from './batch.ts'
import type { PoolFunction } from './functions.ts'
import { sharedValues } from './shared-values.ts'
import { Call, isTuple, termsOf, type CallHome, type CallOptions, type CallTerms } from './call.ts'

// Calls that wait together travel together; more of them would hold back the first answers.
const MOST_TOGETHER = 64
const MOST_LENGTH = 64 * 1024

/** What the queue asks of its pool. */
export interface CallEvents {
  readonly sharesMemory: boolean
  /** A call has something to send. */
  offered(queue: CallQueue): void
  /** The call has settled. */
  settled(call: Call): void
}

/** The calls of `apply` that wait, in the order in which they were made. */
export class CallQueue implements Source, CallHome {
  readonly chunkSize: undefined
  readonly priority: number
  readonly affinity: Affinity | undefined
  readonly #events: CallEvents
  // Taken from the end: calls that came back, the first of them last.
  readonly #again: Call[] = []
  #calls: Call[] = []
  #first = 0
  #waiting = 0
  readonly #pausing = new Map<Call, NodeJS.Timeout>()
  readonly #usual: CallTerms = termsOf(this, {}, undefined, undefined)
  #isOver = false

  constructor(events: CallEvents, priority: number, affinity: Affinity | undefined) {
    this.#events = events
    this.priority = priority
    this.affinity = affinity
  }

  get waiting(): number {
    return this.#waiting
  }

  get sharesMemory(): boolean {
    return this.#events.sharesMemory
  }

  get fn(): PoolFunction {
    return this.#peek().fn
  }

  get owner(): object | undefined {
    const call = this.#peek()
    return call.terms.alone ? call : undefined
  }

  get limitMs(): number | undefined {
    return this.#peek().terms.limitMs
  }

  /** Makes a call; throws when its arguments cannot travel. It waits from `submit` on. */
  create(id: number, fn: PoolFunction, args: readonly unknown[], options?: CallOptions, site?: Error): Call {
    const shared = sharedValues(this.sharesMemory)
    const isUsual = options === undefined && site === undefined && shared === undefined
    return new Call(id, fn, args, isUsual ? this.#usual : termsOf(this, options ?? {}, site, shared))
  }

  submit(call: Call): void {
    this.#enqueue(call)
    // What could not be sent at once is kept as it is now.
    if (call.kept || call.batch !== undefined || call.args === undefined || isTuple(call.args)) return
    call.args = keepPayload(call.args)
    call.kept = true
  }

  take(count: number): Batch | undefined {
    const first = this.#shift()
    const calls = [first]
    if (!first.terms.alone) {
      const most = Math.min(count, MOST_TOGETHER)
      let length = lengthOf(first.args)
      while (calls.length < most && length < MOST_LENGTH && this.#waiting > 0) {
        const next = this.#peek()
        if (
          next.fn !== first.fn ||
          next.terms.alone ||
          isTuple(next.args) !== isTuple(first.args) ||
          next.attempts !== first.attempts ||
          next.terms.shared !== first.terms.shared ||
          next.id !== first.id + calls.length
        )
          break
        length += lengthOf(next.args)
        // More than fits, or nothing that travels with others.
        if (length > MOST_LENGTH) break
        calls.push(this.#shift())
      }
    }
    return new CallBatch(this, calls)
  }

  resolve(call: Call, value: unknown): void {
    if (call.settle('done', value)) this.#events.settled(call)
  }

  /** The call failed, unless it is run again for that. */
  reject(call: Call, reason: unknown): void {
    if (call.settled === undefined && call.terms.retries !== undefined && !this.#isOver) {
      const next = call.terms.retries.decide(`Task ${call.id}, ${call.fn.name}(),`, call.attempts, reason)
      if (typeof next === 'number') {
        this.#runAgain(call, next)
        return
      }
      reason = next.reason
    }
    if (call.settle(reason instanceof CancelledError ? 'cancelled' : 'failed', reason)) this.#events.settled(call)
  }

  /** Settles a call that is not wanted any more, and sees to it that nothing works on it in vain. */
  abort(call: Call, reason: unknown): void {
    const { batch, isRunning } = call
    if (!call.settle(reason instanceof CancelledError ? 'cancelled' : 'failed', reason)) return
    if (call.isQueued) {
      call.isQueued = false
      this.#waiting--
    }
    this.#endPause(call)
    if (isRunning && call.terms.alone) batch?.holder?.interrupt(batch, `task ${call.id} was aborted`)
    else if (batch?.count === 1) batch.holder?.cancel(batch)
    this.#events.settled(call)
  }

  /** From now on nothing is run again. */
  endRetries(): void {
    this.#isOver = true
  }

  /** Settles everything that waits. */
  clear(reasonFor: (call: Call) => unknown): void {
    for (const call of this.#pausing.keys()) this.abort(call, reasonFor(call))
    const calls = [...this.#again.splice(0).toReversed(), ...this.#calls.splice(0).slice(this.#first)]
    this.#first = 0
    for (const call of calls) if (call.settled === undefined) this.abort(call, reasonFor(call))
  }

  giveBack(calls: readonly Call[], reason: Error, suspect: boolean): void {
    for (let at = calls.length - 1; at >= 0; at--) {
      const call = calls[at] as Call
      call.batch = undefined
      if (call.settled !== undefined) continue
      if (at === 0 && suspect) call.losses++
      if (call.losses >= MOST_LOSSES || !call.kept) {
        this.reject(call, reason)
        continue
      }
      this.#again.push(call)
      call.isQueued = true
      this.#waiting++
    }
    if (this.#waiting > 0) this.#events.offered(this)
  }

  #enqueue(call: Call): void {
    this.#calls.push(call)
    call.isQueued = true
    call.attempts++
    this.#waiting++
    this.#events.offered(this)
  }

  #runAgain(call: Call, pauseMs: number): void {
    call.batch = undefined
    call.losses = 0
    const pause = setTimeout(() => {
      this.#pausing.delete(call)
      this.#enqueue(call)
    }, pauseMs)
    this.#pausing.set(call, pause)
  }

  #endPause(call: Call): void {
    clearTimeout(this.#pausing.get(call))
    this.#pausing.delete(call)
  }

  #peek(): Call {
    for (;;) {
      const call = this.#again.at(-1) ?? this.#calls[this.#first]
      if (call === undefined || call.settled === undefined) return call as Call
      this.#drop()
    }
  }

  #shift(): Call {
    const call = this.#peek()
    this.#drop()
    call.isQueued = false
    this.#waiting--
    return call
  }

  #drop(): void {
    if (this.#again.pop() !== undefined) return
    this.#calls[this.#first++] = undefined as never
    if (this.#first < 1024 || this.#first * 2 < this.#calls.length) return
    this.#calls = this.#calls.slice(this.#first)
    this.#first = 0
  }
}

/** Calls of one function that travel together. */
class CallBatch implements Batch {
  readonly fn: PoolFunction
  readonly kind: Batch['kind']
  readonly task: number
  readonly index = 0
  readonly count: number
  readonly payload: Payload
  readonly losses: number
  readonly attempt: number
  readonly shared: Payload | undefined
  readonly graceMs: number
  readonly isRetried: boolean
  sending: Sending | undefined
  answered = 0
  costMs = 0
  holder: Holder | undefined
  readonly #queue: CallQueue
  readonly #calls: readonly Call[]

  constructor(queue: CallQueue, calls: readonly Call[]) {
    const first = calls[0] as Call
    this.#queue = queue
    this.#calls = calls
    this.fn = first.fn
    this.task = first.id
    this.count = calls.length
    this.losses = first.losses
    this.graceMs = first.terms.graceMs
    this.attempt = first.attempts
    this.shared = first.terms.shared
    this.isRetried = first.terms.retries !== undefined
    this.kind = calls.length === 1 ? Kind.call : Kind.calls
    this.payload = payloadOf(calls)
    for (let at = 0; at < calls.length; at++) {
      const call = calls[at] as Call
      call.batch = this
      call.place = at
    }
  }

  resolved(at: number, values: readonly unknown[]): void {
    for (let i = 0; i < values.length; i++) this.#queue.resolve(this.#calls[at + i] as Call, values[i])
  }

  rejected(at: number, reason: unknown): void {
    this.#queue.reject(this.#calls[at] as Call, reason)
  }

  returned(reason: Error, suspect: boolean): void {
    this.#queue.giveBack(this.#calls.slice(this.answered), reason, suspect)
  }

  cancelWaiting(): void {
    for (const call of this.#calls) call.cancel()
  }

  site(at: number): Error | undefined {
    return this.#calls[at]?.terms.site
  }

  describe(at: number): string {
    return `task ${this.#calls[at]?.id}, ${this.fn.name}()`
  }

  itemIndex(): undefined {
    return undefined
  }
}

// How much of a message the arguments take; Infinity for what travels alone.
function lengthOf(args: Call['args']): number {
  if (args === undefined) return 0
  if (!isTuple(args)) return args.tag === Tag.json && typeof args.body === 'string' ? args.body.length : Infinity
  let length = 0
  for (const argument of args) if (typeof argument === 'string') length += argument.length
  return length
}

function payloadOf(calls: readonly Call[]): Payload {
  const first = calls[0]?.args
  if (!isTuple(first)) {
    if (calls.length === 1) return first as Payload
    return {
      tag: Tag.json,
      body: `[${calls.map(({ args }) => (args as Payload).body as string).join(',')}]`,
      buffers: [],
    }
  }
  if (calls.length === 1) return encodeLent(first, 'args', false)
  return encodeLent(
    calls.map(({ args }) => args),
    'args',
    false,
  )
}
