/**
 * A cache that cannot grow without limit: it holds at most `maxEntries` entries that weigh at most `maxWeight`
 * together, and drops those that were not used for the longest time. An entry that alone weighs more is not kept.
 */
export class LruCache<K, V> {
  /** Oldest use first, give or take a quarter of the entries. */
  readonly #entries = new Map<K, Entry<V>>()
  readonly #maxEntries: number
  readonly #maxWeight: number
  #weight = 0
  #clock = 0

  constructor(maxEntries: number, maxWeight: number = Infinity) {
    this.#maxEntries = maxEntries
    this.#maxWeight = maxWeight
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: K): V | undefined {
    const entry = this.#entries.get(key)
    if (!entry) return undefined
    // An entry moved a short while ago need not move again. Moving it at every use would be slow: a Map keeps deleted
    // entries until it is full, and looking up a key that was deleted often goes through all of them.
    if (this.#clock - entry.movedAt >= this.#maxEntries / 4) {
      this.#entries.delete(key)
      entry.movedAt = ++this.#clock
      this.#entries.set(key, entry)
    }
    return entry.value
  }

  set(key: K, value: V, weight = 1): void {
    this.delete(key)
    if (weight > this.#maxWeight) return
    this.#entries.set(key, { value, weight, movedAt: ++this.#clock })
    this.#weight += weight
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#maxEntries && this.#weight <= this.#maxWeight) return
      this.delete(oldest)
    }
  }

  delete(key: K): void {
    const entry = this.#entries.get(key)
    if (!entry) return
    this.#weight -= entry.weight
    this.#entries.delete(key)
  }
}

interface Entry<V> {
  readonly value: V
  readonly weight: number
  movedAt: number
}
