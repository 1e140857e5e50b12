/** What is run again, but not yet. */
export class Pauses<T> {
  readonly #timers = new Map<T, NodeJS.Timeout>()

  begin(item: T, ms: number, over: (item: T) => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(item)
      over(item)
    }, ms)
    this.#timers.set(item, timer)
  }

  /** Nothing comes of it any more. */
  end(item: T): void {
    if (this.#timers.size === 0) return
    clearTimeout(this.#timers.get(item))
    this.#timers.delete(item)
  }

  /** Ends all of them and gives what has paused. */
  clear(): T[] {
    const items = [...this.#timers.keys()]
    for (const item of items) this.end(item)
    return items
  }
}
