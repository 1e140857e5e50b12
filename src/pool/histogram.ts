/** How some durations are spread. Milliseconds; percentiles are exact to 2 %. */
export interface HistogramStats {
  readonly count: number
  readonly mean: number
  readonly min: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly max: number
}

// From a nanosecond to 35 years, 16 buckets to each doubling.
const PER_DOUBLING = 16
const LEAST_DOUBLING = -20
const BUCKETS = 60 * PER_DOUBLING

/** Counts durations in buckets that grow with them. Costs 20 ns for each; 8 KiB from the first on. */
export class Histogram {
  #buckets: Float64Array | undefined
  #count = 0
  #sumMs = 0
  #leastMs = Infinity
  #mostMs = 0

  /** So many took so long. */
  add(ms: number, count = 1): void {
    this.#buckets ??= new Float64Array(BUCKETS)
    const at = (Math.log2(ms) - LEAST_DOUBLING) * PER_DOUBLING
    const bucket = at > 0 ? Math.min(Math.floor(at), BUCKETS - 1) : 0
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + count
    this.#count += count
    this.#sumMs += ms * count
    if (ms < this.#leastMs) this.#leastMs = Math.max(0, ms)
    if (ms > this.#mostMs) this.#mostMs = ms
  }

  /** All zero when there is nothing. */
  stats(): HistogramStats {
    const count = this.#count
    if (count === 0) return { count, mean: 0, min: 0, p50: 0, p90: 0, p99: 0, max: 0 }
    const [p50 = 0, p90 = 0, p99 = 0] = this.#percentiles([0.5, 0.9, 0.99])
    return { count, mean: this.#sumMs / count, min: this.#leastMs, p50, p90, p99, max: this.#mostMs }
  }

  // Ascending shares.
  #percentiles(shares: readonly number[]): number[] {
    const found: number[] = []
    let seen = 0
    for (const [bucket, count] of this.#buckets?.entries() ?? []) {
      seen += count
      while (found.length < shares.length && seen >= (shares[found.length] ?? 1) * this.#count) {
        const middleMs = 2 ** ((bucket + 0.5) / PER_DOUBLING + LEAST_DOUBLING)
        found.push(Math.min(this.#mostMs, Math.max(this.#leastMs, middleMs)))
      }
    }
    return found
  }
}
