import type { Worker } from '../backend/backend.ts'

const TERMINATE_GRACE_MS = 300

/** A started worker that has no place in its pool yet. */
export class Spare {
  #isWanted: boolean
  readonly #isRefused: boolean
  #worker: Worker | undefined
  #ending = false
  readonly #spawn: () => Worker
  readonly #gone: () => void

  /** `wanted`: from the beginning, never, or from the moment on that one was missed. `gone`: it has ended. */
  constructor(wanted: boolean | undefined, spawn: () => Worker, gone: () => void) {
    this.#isWanted = wanted === true
    this.#isRefused = wanted === false
    this.#spawn = spawn
    this.#gone = gone
  }

  get isEmpty(): boolean {
    return this.#worker === undefined
  }

  /** A worker had to be replaced. */
  wasMissed(): void {
    this.#isWanted = !this.#isRefused
  }

  /** Starts one, if it is wanted and not there. */
  keep(): void {
    if (!this.#isWanted || this.#worker !== undefined || this.#ending) return
    const worker = this.#spawn()
    this.#worker = worker
    void worker.exited.then(() => {
      // One that ended by itself is not started again before the next worker has come.
      if (this.#worker !== worker) return
      this.#worker = undefined
      this.#gone()
    })
  }

  take(): Worker | undefined {
    if (this.#ending) return undefined
    const worker = this.#worker
    this.#worker = undefined
    return worker
  }

  end(how: 'release' | 'kill'): void {
    this.#ending = true
    if (how === 'kill') this.#worker?.kill('SIGTERM')
    void this.#worker?.stop({ graceMs: TERMINATE_GRACE_MS })
  }
}
