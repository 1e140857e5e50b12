import type { WorkerCrashedError } from '../base/errors.ts'
import type { ShippedFunction } from '../marshal/marshal.ts'
import { Pace } from './pace.ts'

/** A function as the pool knows it: what is sent, and how long it takes. */
export interface PoolFunction {
  readonly shipped: ShippedFunction
  /** What texts call it. */
  readonly name: string
  readonly pace: Pace
  /** Calls, maps and streams that may still send it. */
  users: number
  /** So many of its items are to be noted although nobody could notice that they run again: a worker died with them. */
  toNote: number
  /** So many workers in a row died while they built it. */
  deaths: number
  /** It was given up for that, and nothing more is sent to a worker with it. */
  broken: WorkerCrashedError | undefined
}

/** So many workers in a row may die while they build a function. */
export const MOST_DEATHS = 3

// Functions that nobody uses any more stay with the workers, because most are soon used again.
const IDLE_KEPT = 64

/** The functions of one pool. Workers are told to forget what was not used for longest. */
export class FunctionTable {
  readonly #known = new Map<number, PoolFunction>()
  readonly #idle = new Set<PoolFunction>()
  readonly #forget: (fn: PoolFunction) => void

  /** `forget`: no worker will be sent the function again. */
  constructor(forget: (fn: PoolFunction) => void) {
    this.#forget = forget
  }

  /** To be paired with `leave`. */
  enter(shipped: ShippedFunction): PoolFunction {
    let fn = this.#known.get(shipped.id)
    if (fn === undefined) {
      const name = shipped.name || '<anonymous>'
      fn = { shipped, name, pace: new Pace(), users: 0, toNote: 0, deaths: 0, broken: undefined }
      this.#known.set(shipped.id, fn)
    }
    if (fn.users++ === 0) this.#idle.delete(fn)
    return fn
  }

  /** What texts call the function with this id. */
  nameOf(id: number): string {
    return this.#known.get(id)?.name ?? 'a function'
  }

  leave(fn: PoolFunction): void {
    if (--fn.users > 0) return
    // The next call tries once more: what killed the workers may lie outside of the function.
    if (fn.broken !== undefined) fn.deaths = MOST_DEATHS - 1
    fn.broken = undefined
    this.#idle.add(fn)
    if (this.#idle.size <= IDLE_KEPT) return
    for (const oldest of this.#idle) {
      this.#idle.delete(oldest)
      this.#known.delete(oldest.shipped.id)
      this.#forget(oldest)
      return
    }
  }
}
