import { CancelledError } from '../base/errors.ts'
import { onAbort } from '../base/on-abort.ts'
import type { Payload } from '../codec/payload.ts'
import { keepPayload } from '../codec/transfer.ts'
import { GRACE_MS, type Batch, type Sending } from './batch.ts'
import { argumentsFrom, isEncoded, type CallArguments } from './call-arguments.ts'
import type { PoolFunction } from './functions.ts'
import type { ApplyOptions } from './options.ts'
import { finite } from './limit.ts'
import { policyFor, type RetryPolicy } from './retries.ts'
import type { TaskRecord, TaskState, TaskTiming } from './task.ts'

export type CallOptions = ApplyOptions

/** Where a call waits, and what ends it. */
export interface CallHome {
  /** Where its calls run, this thread's memory can be used too. */
  readonly sharesMemory: boolean
  submit(call: Call): void
  abort(call: Call, reason: unknown): void
}

/** What most calls, those without options, have in common. */
export interface CallTerms {
  readonly home: CallHome
  /** An Error made where it was submitted. */
  readonly site: Error | undefined
  readonly limitMs: number | undefined
  readonly graceMs: number
  readonly retries: RetryPolicy | undefined
  readonly shared: Payload | undefined
  readonly signal: AbortSignal | undefined
  /** Its worker may be killed for it, so it has the worker for itself. */
  readonly alone: boolean
  /** Once it has settled it does not listen to the signal any more. */
  stopListening: (() => void) | undefined
}

/** How calls ended: one for all that were answered together, in the same way. */
interface Settlement {
  readonly how: 'done' | 'failed' | 'cancelled'
  /** What the text of a task calls its value or error. */
  readonly outcomeType: string
  readonly sending: Sending | undefined
  readonly ms: number
}

export function termsOf(
  home: CallHome,
  options: CallOptions,
  site: Error | undefined,
  shared: Payload | undefined,
): CallTerms {
  const { grace, retries, signal } = options
  const limitMs = finite(options.timeout)
  return {
    home,
    shared,
    site,
    limitMs,
    graceMs: grace ?? GRACE_MS,
    retries: policyFor(retries),
    signal,
    alone: limitMs !== undefined || signal !== undefined,
    stopListening: undefined,
  }
}

/**
 * One call of `apply`: it waits, is sent in a batch, and settles once. A flood of calls is mostly the memory that they
 * keep until they are answered, which is copied again and again as long as it is young: so what few calls have stands in
 * their terms, and what they have when they are settled in a record that they share.
 */
export class Call implements TaskRecord {
  readonly id: number
  readonly fn: PoolFunction
  readonly terms: CallTerms
  // Set by its Task.
  resolve!: (value: unknown) => void
  promise!: Promise<unknown>
  /** Nothing any more once it is settled. */
  args: CallArguments
  /** Nobody else can write into the buffers of `args`, so that they may be sent again. */
  kept: boolean
  /** The one that it travels in. */
  batch: Batch | undefined
  losses = 0
  attempts = 0
  isQueued = false
  readonly submittedMs: number = performance.now()
  #settlement: Settlement | undefined

  constructor(id: number, fn: PoolFunction, args: readonly unknown[], terms: CallTerms) {
    this.id = id
    this.fn = fn
    this.terms = terms
    this.args = argumentsFrom(args, terms.home.sharesMemory)
    const { retries, signal, home } = terms
    if (retries !== undefined && isEncoded(this.args)) this.args = keepPayload(this.args)
    this.kept = !isEncoded(this.args) || this.args.buffers.length === 0 || retries !== undefined
    if (signal === undefined) return
    terms.stopListening = onAbort(signal, () => home.abort(this, signal.reason))
  }

  get isSettled(): boolean {
    return this.#settlement !== undefined
  }

  get state(): TaskState {
    if (this.#settlement !== undefined) return this.#settlement.how
    return this.isRunning ? 'running' : 'waiting'
  }

  /** Next to be answered by its worker. */
  get isRunning(): boolean {
    return (
      this.batch !== undefined &&
      this.batch.task + this.batch.answered === this.id &&
      this.batch.holder?.batches[0] === this.batch
    )
  }

  get worker(): string | undefined {
    return this.#settlement === undefined ? this.batch?.holder?.name : this.#settlement.sending?.worker
  }

  get timing(): TaskTiming {
    return {
      submitted: this.submittedMs,
      sent: (this.#settlement ?? this.batch)?.sending?.ms,
      settled: this.#settlement?.ms,
    }
  }

  get text(): string {
    const outcome = this.#settlement === undefined ? '' : `: ${this.#settlement.outcomeType}`
    return `<Task ${this.id} ${this.fn.name}() ${this.state}${outcome}>`
  }

  cancel(): boolean {
    if (this.#settlement !== undefined || this.isRunning) return false
    this.terms.home.abort(this, new CancelledError(`Task ${this.id}, ${this.fn.name}(), was cancelled before it ran.`))
    return true
  }

  /** False when it was settled before. */
  settle(how: Settlement['how'], outcome: unknown, nowMs: number = performance.now()): boolean {
    if (this.#settlement !== undefined) return false
    const { terms, resolve, promise } = this
    this.#settlement = settlementOf(how, typeNameOf(outcome), this.batch?.sending, nowMs)
    terms.stopListening?.()
    // Whoever keeps the task keeps this with it.
    this.args = undefined
    this.batch = undefined
    this.resolve = ignore
    this.promise = NOBODY
    resolve(how === 'done' ? outcome : Promise.reject(outcome))
    // Whoever gave a task up need not handle that it rejects.
    if (how === 'cancelled') promise.catch(() => {})
    return true
  }
}

let last: Settlement | undefined

function settlementOf(
  how: Settlement['how'],
  outcomeType: string,
  sending: Sending | undefined,
  ms: number,
): Settlement {
  const isLast =
    last !== undefined &&
    last.ms === ms &&
    last.how === how &&
    last.outcomeType === outcomeType &&
    last.sending === sending
  if (!isLast) last = { how, outcomeType, sending, ms }
  return last as Settlement
}

function typeNameOf(value: unknown): string {
  if (value === null || typeof value !== 'object') return value === null ? 'null' : typeof value
  try {
    const name: unknown = (value as { constructor?: { name?: unknown } }).constructor?.name
    return typeof name === 'string' && name !== '' ? name : 'object'
  } catch {
    return 'object'
  }
}

function ignore(): void {}

const NOBODY: Promise<unknown> = Promise.resolve()
