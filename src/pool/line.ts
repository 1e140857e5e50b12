/** What waits, first come first served; what came back goes before all others. */
export class Line<T> {
  // Taken from the end: the first of what came back stands last.
  readonly #back: T[] = []
  #items: T[] = []
  #first = 0

  /** The next to be taken. */
  get head(): T | undefined {
    return this.#back.at(-1) ?? this.#items[this.#first]
  }

  /** The last to be taken, unless it came back. */
  get tail(): T | undefined {
    return this.#first < this.#items.length ? this.#items.at(-1) : undefined
  }

  push(item: T): void {
    this.#items.push(item)
  }

  /** To be called from the last to the first of what comes back. */
  putBack(item: T): void {
    this.#back.push(item)
  }

  /** Takes the head. */
  drop(): void {
    if (this.#back.pop() !== undefined) return
    this.#items[this.#first++] = undefined as never
    if (this.#first < 1024 || this.#first * 2 < this.#items.length) return
    this.#items = this.#items.slice(this.#first)
    this.#first = 0
  }

  /** Takes all of it. */
  clear(): T[] {
    const all = [...this.#back.splice(0).toReversed(), ...this.#items.slice(this.#first)]
    this.#items = []
    this.#first = 0
    return all
  }
}
