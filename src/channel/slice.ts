/** After so long the event loop should turn. */
const SLICE_MS = 2

/** Where nothing was handled for so long, it has turned. */
const GAP_MS = 1

/** How long an end of a channel handles what has arrived before everything else on the event loop has its turn. */
export class Slice {
  #sinceMs = 0
  #handledMs = 0

  /** Whether what comes next should wait for the next turn. */
  isOver(): boolean {
    const nowMs = performance.now()
    if (nowMs - this.#handledMs > GAP_MS) this.#sinceMs = nowMs
    return nowMs - this.#sinceMs > SLICE_MS
  }

  /** To be called when something was handled. */
  handled(): void {
    this.#handledMs = performance.now()
  }

  /** To be called in the next turn. */
  begin(): void {
    this.#sinceMs = performance.now()
  }
}
