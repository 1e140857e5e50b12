import type { Worker } from '../backend/backend.ts'
import { setLimit } from './limit.ts'

/** What is done about a worker whose task is to end: it is told, and a while later the worker is killed. */
export class Interruption {
  readonly #worker: Worker
  readonly #kill: (reason: string) => void
  #stopWait: (() => void) | undefined
  #isMarked = false

  constructor(worker: Worker, kill: (reason: string) => void) {
    this.#worker = worker
    this.#kill = kill
  }

  /**
   * Tells the task, by `tell` too, and kills the worker when the grace period is over. A task has none when it never asked
   * whether it is to end, because nobody would hear that; but where all that the worker holds is usually over in a
   * moment, to wait for that costs less than another worker.
   */
  begin(tell: () => void, graceMs: number, isSoonOver: boolean, reason: string): void {
    const isDeaf = this.#worker.isListening?.() === false
    const leftMs = isDeaf ? Math.min(graceMs, isSoonOver ? SOON_MS : 0) : graceMs
    if (leftMs <= 0) return this.#kill(reason)
    if (this.#stopWait !== undefined) return
    this.#isMarked = true
    this.#worker.markCancelled?.(true)
    tell()
    this.#wait(leftMs, reason)
  }

  /** Kills the worker unless it soon holds nothing any more. */
  hurry(reason: string): void {
    if (this.#stopWait === undefined) this.#wait(HURRY_MS, reason)
  }

  /** The worker is gone, or holds nothing any more. */
  end(isGone: boolean): void {
    this.#stopWait?.()
    this.#stopWait = undefined
    // Only now: as long as it holds something, all of it is cancelled.
    if (this.#isMarked && !isGone) this.#worker.markCancelled?.(false)
    this.#isMarked = false
  }

  #wait(leftMs: number, reason: string): void {
    // The workers of a program that ends, end with it.
    this.#stopWait = setLimit(() => this.#kill(reason), leftMs, false)
  }
}

/** As long as a worker without an exit hook has when it is told to stop. */
const HURRY_MS = 1000

/** A worker that replaces another takes several times as long to start. */
export const SOON_MS = 10
