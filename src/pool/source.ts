import type { Batch, Holder } from './batch.ts'
import type { PoolFunction } from './functions.ts'

/** Where batches come from: the calls of `apply`, a map, a stream. */
export interface Source {
  /** Items that could be sent now. */
  readonly waiting: number
  /** More may come. */
  readonly isOpen: boolean
  /** What comes of it is given all together, so that nobody waits for one item of it rather than for another. */
  readonly isWhole: boolean
  /** Fewer milliseconds of work than this are not worth a message of their own. */
  readonly leastMs: number
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

/** Which worker a source belongs to: the one that took the first of it, as long as it is there. */
export interface Affinity {
  member: Holder | undefined
  /** Only the worker in this place of the pool may be the first to take of it, and the one after it in that place. */
  readonly place?: number | undefined
}
