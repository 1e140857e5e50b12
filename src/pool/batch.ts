import type { Kind } from '../channel/messages.ts'
import { isMoreThanData, type Payload } from '../codec/payload.ts'
import { Tag } from '../codec/tag.ts'
import type { PoolFunction } from './functions.ts'

/**
 * What travels to a worker in one message, and what becomes of it: one class for each place that it can come from. Its
 * items are answered in order; `at` is the place of an item within the batch, from 0.
 */
export abstract class Batch {
  readonly fn: PoolFunction
  readonly kind: typeof Kind.prepare | typeof Kind.call | typeof Kind.chunk | typeof Kind.starChunk | typeof Kind.calls
  /** The number that the worker's answers carry. */
  readonly task: number
  /** Position of the first item within its map; 0 for calls. */
  readonly index: number
  readonly count: number
  readonly payload: Payload
  /** From 1: so often its items have begun, when they begin. */
  readonly attempt: number
  /** What its caller shares with it. */
  readonly shared: Payload | undefined
  /** Nobody waits for one of its answers rather than for the last. */
  readonly isWhole: boolean
  /** What fails may be run again. */
  readonly isRetried: boolean
  /** How long a task that hears that it is to end may take for that before its worker is killed. */
  readonly graceMs: number
  /** How often its first item was the next to run when a worker died. */
  readonly losses: number
  /** Why it cannot be sent. */
  readonly refused: { readonly reason: unknown } | undefined
  /** How many of the items have been answered. Changed by its member only, like what follows. */
  answered = 0
  /** Milliseconds that one item is taken to cost. */
  costMs = 0
  holder: Holder | undefined
  /** The journal of its worker tells which of its items have begun. */
  isNoted: boolean
  /** Once it was sent. */
  sending: Sending | undefined
  /** What says of its source which worker it belongs to. */
  affinity: object | undefined

  constructor(cargo: Cargo) {
    this.fn = cargo.fn
    this.kind = cargo.kind
    this.task = cargo.task
    this.index = cargo.index
    this.count = cargo.count
    this.payload = cargo.payload
    this.refused = cargo.refused
    this.attempt = cargo.attempt ?? 1
    this.shared = cargo.shared
    this.isWhole = cargo.isWhole ?? false
    this.isRetried = cargo.isRetried ?? false
    this.graceMs = cargo.graceMs ?? 0
    this.losses = cargo.losses ?? 0
    this.isNoted = !cargo.fn.shipped.pure || isMoreThanData(cargo.payload)
  }

  abstract resolved(at: number, values: readonly unknown[]): void
  abstract rejected(at: number, reason: unknown): void
  /**
   * Takes back what was not answered: the worker died before it began any of it, for the reason given. `losses`: of the
   * first item that comes back.
   */
  abstract returned(reason: Error, losses: number): void
  /** What a text calls the item: "item 3 of map(resize)". */
  abstract describe(at: number): string
  /** What the item is given: values, or an array of them in bytes. */
  abstract argumentsAt(at: number): readonly unknown[] | Payload
  /** When the item was submitted, as of `performance.now()`. */
  abstract submittedMs(at: number): number

  /** Gives up what of it has not begun. */
  cancelWaiting(): void {}

  /** An Error made where the item was submitted, for the stack of its error. */
  site(_at: number): Error | undefined {
    return undefined
  }

  /** Position within the input of a map; nothing for a call. */
  itemIndex(_at: number): number | undefined {
    return undefined
  }

  /** It was not sent, because it cannot be. */
  refuse(reason: unknown): void {
    this.fail(() => reason)
  }

  /** Rejects all that was not answered. */
  fail(reasonFor: (what: string) => unknown): void {
    while (this.answered < this.count) {
      const at = this.answered++
      this.rejected(at, reasonFor(this.describe(at)))
    }
  }
}

/** A payload that is made of what was taken from its source already, so that an error belongs to that alone. */
export function payloadOrReason(make: () => Payload): Pick<Batch, 'payload' | 'refused'> {
  try {
    return { payload: make(), refused: undefined }
  } catch (reason) {
    return { payload: NO_PAYLOAD, refused: { reason } }
  }
}

const NO_PAYLOAD: Payload = { tag: Tag.undefined, body: '', buffers: [] }

/** What a batch is made of. */
type Cargo = Pick<Batch, 'fn' | 'kind' | 'task' | 'index' | 'count' | 'payload'> &
  Partial<Pick<Batch, 'attempt' | 'shared' | 'isWhole' | 'isRetried' | 'graceMs' | 'losses' | 'refused'>>

/** The member of the roster that has a batch. */
export interface Holder {
  /** Of its worker. */
  readonly name: string
  /** Its place in the pool. */
  readonly index: number
  /** It gets nothing new. */
  readonly isLeaving: boolean
  readonly batches: readonly Batch[]
  /**
   * Tells the batch that runs to end, and ends its worker, for a reason in words, when the grace period is over, or at
   * once where nobody would hear.
   */
  interrupt(batch: Batch, reason: string): void
  /** Asks its worker to skip what has not begun of a batch. */
  cancel(batch: Batch): void
}

/** When a batch was sent to its worker, and to which: shared by all that is in it. `ms` is as of `performance.now()`. */
export interface Sending {
  readonly worker: string
  readonly ms: number
}

/** Default of the `grace` option. */
export const GRACE_MS = 200
