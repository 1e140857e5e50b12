import type { Worker } from '../backend/backend.ts'

const TERMINATE_GRACE_MS = 300

// The worker that a spare is to replace loads something for its first task; to start another one beside that holds it up.
const SOON_MS = 20
// Where every core is busy, a start takes from the work more than it brings, unless it is needed again soon.
const BUSY_MS = 500

/** A started worker that has no place in its pool yet. */
export class Spare {
  #isWanted: boolean
  #isNeededSoon: boolean
  #begin: { readonly timer: NodeJS.Timeout; readonly isSoon: boolean } | undefined
  readonly #isRefused: boolean
  #worker: Worker | undefined
  #ending = false
  readonly #spawn: () => Worker
  readonly #gone: () => void

  /** `wanted`: from the beginning, never, or from the moment on that one was missed. `gone`: it has ended. */
  constructor(wanted: boolean | undefined, spawn: () => Worker, gone: () => void) {
    this.#isWanted = wanted === true
    this.#isNeededSoon = wanted === true
    this.#isRefused = wanted === false
    this.#spawn = spawn
    this.#gone = gone
  }

  get isEmpty(): boolean {
    return this.#worker === undefined
  }

  /** A worker had to be replaced; `isForeseen`: as others will. The first accident may be the last, the second is not. */
  wasMissed(isForeseen: boolean): void {
    this.#isNeededSoon ||= isForeseen || this.#isWanted
    this.#isWanted = !this.#isRefused
  }

  /** Starts one in a while, if it is wanted and not there. */
  keep(): void {
    this.#arm(this.#isNeededSoon)
  }

  /** A worker has nothing to do. */
  idle(): void {
    if (this.#begin !== undefined) this.#arm(true)
  }

  /** Gives the one that is there away. */
  take(): Worker | undefined {
    if (this.#ending) return undefined
    const worker = this.#worker
    this.#worker = undefined
    return worker
  }

  /** Ends it, and starts no other. */
  end(how: 'release' | 'kill'): void {
    this.#ending = true
    clearTimeout(this.#begin?.timer)
    const worker = this.#worker
    if (how === 'kill' || worker?.state === 'starting') worker?.kill('SIGTERM')
    void worker?.stop({ graceMs: TERMINATE_GRACE_MS })
  }

  #arm(isSoon: boolean): void {
    if (!this.#isWanted || this.#worker !== undefined || this.#ending) return
    if (this.#begin !== undefined && (this.#begin.isSoon || !isSoon)) return
    clearTimeout(this.#begin?.timer)
    this.#begin = { timer: setTimeout(() => this.#start(), isSoon ? SOON_MS : BUSY_MS).unref(), isSoon }
  }

  #start(): void {
    this.#begin = undefined
    if (this.#worker !== undefined || this.#ending) return
    const worker = this.#spawn()
    this.#worker = worker
    void worker.exited.then(() => {
      // One that ended by itself is not started again before the next worker has come.
      if (this.#worker !== worker) return
      this.#worker = undefined
      this.#gone()
    })
  }
}
