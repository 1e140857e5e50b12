import { deferred, type Deferred } from '../base/deferred.ts'
import { atNextTurn, dropTurn } from '../base/event-loop.ts'

/** Holds back those who give a pool more calls than may wait. */
export class Backlog {
  readonly #most: number
  readonly #waiting: () => number
  readonly #asked: Deferred<void>[] = []
  // Places that were promised in this turn of the event loop, and perhaps not taken yet.
  #promised = 0
  #reset: NodeJS.Immediate | undefined

  /** `waiting`: how many calls wait now. */
  constructor(most: number, waiting: () => number) {
    this.#most = most
    this.#waiting = waiting
  }

  get isFull(): boolean {
    return this.#most !== Infinity && this.#waiting() >= this.#most
  }

  /** Resolves when another call may be made, for those who asked first, first. */
  room(): Promise<void> {
    const asked = deferred<void>()
    this.#asked.push(asked)
    this.check()
    return asked.promise
  }

  /** To be called when fewer calls may be waiting than before. */
  check(): void {
    if (this.#asked.length === 0) return
    while (this.#asked.length > 0 && this.#waiting() + this.#promised < this.#most) {
      this.#promised++
      this.#asked.shift()?.resolve()
    }
    // Whoever was promised a place has taken it by then, or does not want it.
    this.#reset ??= atNextTurn(() => {
      this.#reset = undefined
      this.#promised = 0
      this.check()
    })
    if (this.#promised === 0) {
      dropTurn(this.#reset)
      this.#reset = undefined
    }
  }

  /** No call may be made any more, which they will be told when they try. */
  end(): void {
    for (const asked of this.#asked.splice(0)) asked.resolve()
  }
}
