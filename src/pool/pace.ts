// Answers that arrive together say nothing one by one: only their common time divided by their number does.
const LEAST_SAMPLE_MS = 0.05
// The first calls of a function include what a worker must compile and import for it.
const WARM_UP = 3

/** How long one item of a function takes, estimated from when its answers arrive. */
export class Pace {
  /** Milliseconds per item; `Infinity` as long as nothing is known. */
  itemMs: number = Infinity
  #samples = 0
  #pendingMs = 0
  #pendingItems = 0

  get known(): boolean {
    return this.itemMs !== Infinity
  }

  /** `items` were answered within `elapsedMs`. */
  note(elapsedMs: number, items: number): void {
    this.#pendingMs += elapsedMs
    this.#pendingItems += items
    if (this.#pendingMs < LEAST_SAMPLE_MS && this.known) return
    const sampleMs = Math.max(this.#pendingMs / this.#pendingItems, 0.00001)
    this.#pendingMs = 0
    this.#pendingItems = 0
    this.#samples++
    if (this.#samples <= WARM_UP) this.itemMs = Math.min(this.itemMs, sampleMs)
    else this.itemMs += (sampleMs - this.itemMs) * (sampleMs < this.itemMs ? 0.5 : 0.3)
  }
}
