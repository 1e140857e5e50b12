import type { Kind } from '../channel/messages.ts'
import type { Payload } from '../codec/payload.ts'
import type { PoolFunction } from './functions.ts'

/**
 * What travels to a worker in one message, and what becomes of it: one call, several calls, or consecutive items of a
 * map. Its items are answered in order; `at` is the place of an item within the batch, from 0.
 */
export interface Batch {
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
  readonly shared?: Payload | undefined
  /** What fails may be run again. */
  readonly isRetried: boolean
  /** How long a task that is to end may take for that before its worker is killed. */
  readonly graceMs: number
  /** How often its first item was the next to run when a worker died. */
  readonly losses: number
  /** How many of the items have been answered. Changed by its member only, like what follows. */
  answered: number
  /** Milliseconds that one item is taken to cost. */
  costMs: number
  holder: Holder | undefined
  /** Once it was sent. `ms` is as of `performance.now()`. */
  sending: Sending | undefined

  resolved(at: number, values: readonly unknown[]): void
  rejected(at: number, reason: unknown): void
  /**
   * Takes back what was not answered: the worker died before it began any of it, for the reason given. `suspect`: it was
   * the next to run.
   */
  returned(reason: Error, suspect: boolean): void
  /** Gives up what of it has not begun. */
  cancelWaiting?(): void
  /** An Error made where the item was submitted, for the stack of its error. */
  site(at: number): Error | undefined
  /** What a text calls the item: "item 3 of map(resize)". */
  describe(at: number): string
  /** Position within the input of a map; nothing for a call. */
  itemIndex(at: number): number | undefined
}

/** The member of the roster that has a batch. */
export interface Holder {
  /** Of its worker. */
  readonly name: string
  /** It gets nothing new. */
  readonly isLeaving: boolean
  readonly batches: readonly Batch[]
  /** Tells the batch that runs to end, and ends its worker, for a reason in words, when the grace period is over. */
  interrupt(batch: Batch, reason: string): void
  /** Asks its worker to skip what has not begun of a batch. */
  cancel(batch: Batch): void
}

/** An item that was the next to run when so many workers died is what kills them. */
export const MOST_LOSSES = 10

/** Numbers that a worker's message names a task by; without an index for a call of `apply`. */
export interface TaskPlace {
  readonly task: number
  readonly index: number | undefined
  readonly fn: number
}

/** Default of the `grace` option. */
export const GRACE_MS = 200

/** Which worker the calls of some keys go to: the one that took the first of them, as long as it is there. */
export interface Affinity {
  member: Holder | undefined
}

/** Where batches come from: the calls of `apply`, a map, a stream. */
export interface Source {
  /** Items that could be sent now. */
  readonly waiting: number
  /** What has a higher one is sent first. */
  readonly priority: number
  /** Nothing when any worker will do. */
  readonly affinity: Affinity | undefined
  /** The function of the batch that comes next. */
  readonly fn: PoolFunction
  /** The size that the user asked for. */
  readonly chunkSize: number | undefined
  /**
   * A worker that holds a batch with an owner takes further batches of the same owner only: such a worker may be
   * killed (time limit, abort) without harm to anybody else's items.
   */
  readonly owner: object | undefined
  /** Milliseconds after which the worker of the batch that comes next is killed. */
  readonly limitMs: number | undefined
  /** At most `count` items. Nothing when none is left after all. */
  take(count: number): Batch | undefined
}

/** When a batch was sent to its worker, and to which: shared by all that is in it. */
export interface Sending {
  readonly worker: string
  readonly ms: number
}
