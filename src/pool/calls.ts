import { keepPayload } from '../codec/transfer.ts'
import type { Batch } from './batch.ts'
import { CallBatch, CallGroup, type CallBatchHome } from './call-batch.ts'
import { Call, termsOf, type CallHome, type CallOptions, type CallTerms } from './call.ts'
import { isEncoded } from './call-arguments.ts'
import type { PoolFunction } from './functions.ts'
import { Line } from './line.ts'
import { Pauses } from './pauses.ts'
import { sharedValues } from './shared-values.ts'
import type { Affinity, Source } from './source.ts'
import type { Tally } from './tally.ts'
import { isCancellation } from './thrown.ts'

/** What the queue asks of its pool. */
export interface CallEvents {
  readonly sharesMemory: boolean
  readonly tally: Tally
  /** A call has something to send. */
  offered(queue: CallQueue): void
  /** The call has settled. */
  settled(call: Call): void
  /** All of the queue's calls have settled. */
  emptied(): void
}

/** The calls of `apply` that wait, in the order in which they were made. */
export class CallQueue implements Source, CallHome, CallBatchHome {
  readonly chunkSize: undefined
  // A batch of calls is bounded anyway.
  readonly isOpen = false
  readonly isWhole = false
  readonly leastMs = 0
  readonly priority: number
  readonly affinity: Affinity | undefined
  readonly #events: CallEvents
  readonly #line = new Line<Call>()
  readonly #pauses = new Pauses<Call>()
  readonly #usual: CallTerms = termsOf(this, {}, undefined, undefined)
  #waiting = 0
  // Calls that were made and have not settled.
  #open = 0
  // Why nothing is run again any more.
  #over: ((call: Call) => unknown) | undefined

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
    const call = new Call(id, fn, args, isUsual ? this.#usual : termsOf(this, options ?? {}, site, shared))
    this.#open++
    return call
  }

  submit(call: Call): void {
    this.#enqueue(call)
    // What could not be sent at once is kept as it is now.
    if (call.kept || call.batch !== undefined || !isEncoded(call.args)) return
    call.args = keepPayload(call.args)
    call.kept = true
  }

  take(count: number): Batch {
    const group = new CallGroup(this.#shift(), count)
    while (!group.isFull && this.#waiting > 0 && group.add(this.#peek())) this.#shift()
    return new CallBatch(this, group.calls)
  }

  resolve(call: Call, value: unknown, nowMs: number): void {
    if (!call.settle('done', value, nowMs)) return
    this.#events.tally.done++
    this.#settled(call)
  }

  /** The call failed, unless it is run again for that. */
  reject(call: Call, reason: unknown): void {
    if (call.isSettled) return
    const retries = this.#over === undefined ? call.terms.retries : undefined
    const next = retries?.decide(`Task ${call.id}, ${call.fn.name}(),`, call.attempts, reason)
    // Whoever was asked may have given up the call, or ended the pool.
    if (call.isSettled) return
    if (typeof next === 'number' && this.#over === undefined) {
      call.batch = undefined
      call.losses = 0
      this.#events.tally.retried++
      this.#pauses.begin(call, next, () => this.#enqueue(call))
      return
    }
    this.#events.tally.fail(reason)
    fail(call, typeof next === 'object' ? next.reason : reason)
    this.#settled(call)
  }

  /** Settles a call that is not wanted any more, and sees to it that nothing works on it in vain. */
  abort(call: Call, reason: unknown): void {
    const { batch, isRunning } = call
    if (!fail(call, reason)) return
    if (call.isQueued) {
      call.isQueued = false
      this.#waiting--
    }
    this.#pauses.end(call)
    if (isRunning && call.terms.alone) batch?.holder?.interrupt(batch, `task ${call.id} was aborted`)
    else if (batch?.count === 1) batch.holder?.cancel(batch)
    this.#settled(call)
  }

  /** From now on nothing is run again, and what comes back is settled. */
  endRetries(reasonFor: (call: Call) => unknown): void {
    this.#over = reasonFor
  }

  /** Settles everything that waits. */
  clear(reasonFor: (call: Call) => unknown): void {
    for (const call of [...this.#pauses.clear(), ...this.#line.clear()]) this.abort(call, reasonFor(call))
  }

  giveBack(calls: readonly Call[], reason: Error, losses: number): void {
    for (const call of calls.toReversed()) {
      call.batch = undefined
      if (call.isSettled) continue
      if (this.#over !== undefined) {
        this.abort(call, this.#over(call))
        continue
      }
      if (!call.kept) {
        this.reject(call, reason)
        continue
      }
      if (call === calls[0]) call.losses = losses
      this.#line.putBack(call)
      call.isQueued = true
      this.#waiting++
    }
    if (this.#waiting > 0) this.#events.offered(this)
  }

  #enqueue(call: Call): void {
    this.#line.push(call)
    call.isQueued = true
    call.attempts++
    this.#waiting++
    this.#events.offered(this)
  }

  #settled(call: Call): void {
    this.#events.settled(call)
    if (--this.#open === 0) this.#events.emptied()
  }

  #peek(): Call {
    for (;;) {
      const call = this.#line.head
      if (call === undefined || !call.isSettled) return call as Call
      this.#line.drop()
    }
  }

  #shift(): Call {
    const call = this.#peek()
    this.#line.drop()
    call.isQueued = false
    this.#waiting--
    return call
  }
}

function fail(call: Call, reason: unknown): boolean {
  return call.settle(isCancellation(reason) ? 'cancelled' : 'failed', reason)
}
