/** Which share of its life somebody had something to do. */
export class BusyTime {
  readonly #bornMs: number = performance.now()
  #busyMs = 0
  #sinceMs: number | undefined

  begin(nowMs: number): void {
    this.#sinceMs = nowMs
  }

  end(nowMs: number): void {
    this.#busyMs = this.#until(nowMs)
    this.#sinceMs = undefined
  }

  /** From 0 to 1. */
  share(nowMs: number): number {
    return Math.min(1, this.#until(nowMs) / Math.max(1, nowMs - this.#bornMs))
  }

  #until(nowMs: number): number {
    return this.#busyMs + (this.#sinceMs === undefined ? 0 : nowMs - this.#sinceMs)
  }
}
