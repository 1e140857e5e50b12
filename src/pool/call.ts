import { CancelledError } from '../base/errors.ts'
import type { Payload } from '../codec/payload.ts'
import { keepPayload } from '../codec/transfer.ts'
import { encodeLent } from '../marshal/functions.ts'
import { GRACE_MS, type Batch } from './batch.ts'
import type { PoolFunction } from './functions.ts'
import { isPrimitive } from './items.ts'
import type { ApplyOptions } from './options.ts'
import { policyFor, type RetryPolicy } from './retries.ts'
import { sharedValues } from './shared-values.ts'
import type { TaskRecord, TaskState, TaskTiming } from './task.ts'

export type CallOptions = ApplyOptions & { readonly site?: Error | undefined }

/** Where a call waits, and what ends it. */
export interface CallHome {
  submit(call: Call): void
  abort(call: Call, reason: unknown): void
}

/** One call of `apply`: it waits, is sent in a batch, and settles once. */
export class Call implements TaskRecord {
  readonly id: number
  readonly fn: PoolFunction
  readonly site: Error | undefined
  readonly limitMs: number | undefined
  readonly graceMs: number
  readonly retries: RetryPolicy | undefined
  readonly shared: Payload | undefined
  /** Its worker may be killed for it, so it has the worker for itself. */
  readonly alone: boolean
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
  /** Until it is run again. */
  pause: NodeJS.Timeout | undefined
  readonly #submittedMs: number = performance.now()
  #sentMs: number | undefined
  #settledMs: number | undefined
  #worker: string | undefined
  #outcomeType: string | undefined
  readonly home: CallHome
  readonly #signal: AbortSignal | undefined
  readonly #abort: (() => void) | undefined

  constructor(queue: CallHome, id: number, fn: PoolFunction, args: readonly unknown[], options: CallOptions) {
    this.home = queue
    this.id = id
    this.fn = fn
    this.retries = policyFor(options.retries)
    this.shared = sharedValues()
    this.args = args.every(isPrimitive) ? args.slice() : encodeLent(args, 'args')
    if (this.retries !== undefined && !isTuple(this.args)) this.args = keepPayload(this.args)
    this.kept = isTuple(this.args) || this.args.buffers.length === 0 || this.retries !== undefined
    this.site = options.site
    this.limitMs = options.timeout
    this.graceMs = options.grace ?? GRACE_MS
    this.alone = options.timeout !== undefined || options.signal !== undefined
    if (options.signal === undefined) return
    this.#signal = options.signal
    this.#abort = () => queue.abort(this, options.signal?.reason)
    this.#signal.addEventListener('abort', this.#abort, { once: true })
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
    return this.settled === undefined ? this.batch?.holder?.name : this.#worker
  }

  get timing(): TaskTiming {
    return {
      submitted: this.#submittedMs,
      sent: this.settled === undefined ? this.batch?.sentMs : this.#sentMs,
      settled: this.#settledMs,
    }
  }

  get text(): string {
    const outcome = this.#outcomeType === undefined ? '' : `: ${this.#outcomeType}`
    return `<Task ${this.id} ${this.fn.name}() ${this.state}${outcome}>`
  }

  cancel(): boolean {
    if (this.settled !== undefined || this.isRunning) return false
    this.home.abort(this, new CancelledError(`Task ${this.id}, ${this.fn.name}(), was cancelled before it ran.`))
    return true
  }

  settle(how: 'done' | 'failed' | 'cancelled', outcome: unknown): boolean {
    if (this.settled !== undefined) return false
    this.#worker = this.worker
    this.#sentMs = this.batch?.sentMs
    this.#settledMs = performance.now()
    this.settled = how
    this.args = undefined
    clearTimeout(this.pause)
    this.#outcomeType = typeNameOf(outcome)
    if (this.#abort !== undefined) this.#signal?.removeEventListener('abort', this.#abort)
    if (how === 'done') this.resolve(outcome)
    else this.reject(outcome)
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
