import { CancelledError } from '../base/errors.ts'
import type { Payload } from '../codec/payload.ts'
import { keepPayload } from '../codec/transfer.ts'
import { encodeLent } from '../marshal/functions.ts'
import { GRACE_MS, type Batch, type Sending } from './batch.ts'
import type { PoolFunction } from './functions.ts'
import { isPrimitive } from './items.ts'
import type { ApplyOptions } from './options.ts'
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
}

export function termsOf(
  home: CallHome,
  options: CallOptions,
  site: Error | undefined,
  shared: Payload | undefined,
): CallTerms {
  const { timeout, grace, retries, signal } = options
  return {
    home,
    shared,
    site,
    limitMs: timeout,
    graceMs: grace ?? GRACE_MS,
    retries: policyFor(retries),
    signal,
    alone: timeout !== undefined || signal !== undefined,
  }
}

/**
 * One call of `apply`: it waits, is sent in a batch, and settles once. A flood of calls is mostly the memory that they
 * keep until they are answered, so what few calls have stands in their terms.
 */
export class Call implements TaskRecord {
  readonly id: number
  readonly fn: PoolFunction
  readonly terms: CallTerms
  // Set by its Task.
  resolve!: (value: unknown) => void
  reject!: (reason: unknown) => void
  promise!: Promise<unknown>
  /** A copy of primitive arguments, or the bytes of any others. */
  args: readonly unknown[] | Payload | undefined
  /** Nobody else can write into the buffers of `args`, so that they may be sent again. */
  kept: boolean
  settled: 'done' | 'failed' | 'cancelled' | undefined
  batch: Batch | undefined
  place = 0
  losses = 0
  attempts = 0
  isQueued = false
  readonly submittedMs: number = performance.now()
  #settledMs: number | undefined
  #sending: Sending | undefined
  #outcomeType: string | undefined
  #abort: (() => void) | undefined

  constructor(id: number, fn: PoolFunction, args: readonly unknown[], terms: CallTerms) {
    this.id = id
    this.fn = fn
    this.terms = terms
    this.args = args.every(isPrimitive) ? args.slice() : encodeLent(args, 'args', terms.home.sharesMemory)
    const { retries, signal, home } = terms
    if (retries !== undefined && !isTuple(this.args)) this.args = keepPayload(this.args)
    this.kept = isTuple(this.args) || this.args.buffers.length === 0 || retries !== undefined
    if (signal === undefined) return
    this.#abort = () => home.abort(this, signal.reason)
    signal.addEventListener('abort', this.#abort, { once: true })
  }

  get state(): TaskState {
    if (this.settled !== undefined) return this.settled
    return this.isRunning ? 'running' : 'waiting'
  }

  /** Next to be answered by its worker. */
  get isRunning(): boolean {
    return (
      this.batch !== undefined && this.batch.answered === this.place && this.batch.holder?.batches[0] === this.batch
    )
  }

  get worker(): string | undefined {
    return this.settled === undefined ? this.batch?.holder?.name : this.#sending?.worker
  }

  get timing(): TaskTiming {
    return {
      submitted: this.submittedMs,
      sent: (this.settled === undefined ? this.batch?.sending : this.#sending)?.ms,
      settled: this.#settledMs,
    }
  }

  get text(): string {
    const outcome = this.#outcomeType === undefined ? '' : `: ${this.#outcomeType}`
    return `<Task ${this.id} ${this.fn.name}() ${this.state}${outcome}>`
  }

  cancel(): boolean {
    if (this.settled !== undefined || this.isRunning) return false
    this.terms.home.abort(this, new CancelledError(`Task ${this.id}, ${this.fn.name}(), was cancelled before it ran.`))
    return true
  }

  settle(how: 'done' | 'failed' | 'cancelled', outcome: unknown): boolean {
    if (this.settled !== undefined) return false
    this.#sending = this.batch?.sending
    this.#settledMs = performance.now()
    this.settled = how
    this.args = undefined
    this.#outcomeType = typeNameOf(outcome)
    if (this.#abort !== undefined) this.terms.signal?.removeEventListener('abort', this.#abort)
    if (how === 'done') this.resolve(outcome)
    else this.reject(outcome)
    // Whoever keeps the task keeps this with it.
    this.resolve = this.reject = ignore
    // Whoever gave a task up need not handle that it rejects.
    if (how === 'cancelled') this.promise.catch(() => {})
    return true
  }
}

/** Whether the arguments are still as they are, and not in bytes. */
export function isTuple(args: Call['args']): args is readonly unknown[] {
  return Array.isArray(args)
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
