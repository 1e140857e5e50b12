import type { Extent } from './extent.ts'
import type { GivenUp, ResultSink } from './result-sink.ts'

/** How far a map has come. Times are milliseconds. */
export interface Progress {
  /** Items with a result. */
  readonly done: number
  /** Items that failed. */
  readonly failed: number
  /** How many there are, as far as that is known. */
  readonly total: number | undefined
  /** Since the call. */
  readonly elapsed: number
  /** Until the end, if the rest takes as long as what is done; nothing as long as that cannot be told. */
  readonly remaining: number | undefined
}

/** Puts somebody before the sink who wants to be told, if there is one; `broke`: they have thrown. */
export function withProgress(
  sink: ResultSink,
  tell: ((progress: Progress) => void) | undefined,
  extent: Extent,
  broke: (reason: unknown) => void,
): ResultSink {
  return tell === undefined ? sink : new ProgressSink(sink, tell, extent, broke)
}

const LEAST_BETWEEN_MS = 100

/** Counts what comes before it is passed on, and tells it to somebody now and then. */
class ProgressSink implements ResultSink {
  readonly #sink: ResultSink
  readonly #tell: (progress: Progress) => void
  readonly #extent: Extent
  readonly #broke: (reason: unknown) => void
  readonly #beganMs: number = performance.now()
  #done = 0
  #failed = 0
  #toldMs = -Infinity
  #timer: NodeJS.Timeout | undefined

  constructor(sink: ResultSink, tell: (progress: Progress) => void, extent: Extent, broke: (reason: unknown) => void) {
    this.#sink = sink
    this.#tell = tell
    this.#extent = extent
    this.#broke = broke
  }

  values(index: number, values: readonly unknown[]): void {
    this.#done += values.length
    this.#sink.values(index, values)
    this.#moved()
  }

  failure(index: number, reason: unknown): void {
    this.#failed++
    this.#sink.failure(index, reason)
    this.#moved()
  }

  cancel(reason: unknown, how: GivenUp): void {
    clearTimeout(this.#timer)
    this.#sink.cancel(reason, how)
  }

  end(total: number, error: { readonly reason: unknown } | undefined): void {
    clearTimeout(this.#timer)
    try {
      this.#tell(this.#progress())
    } catch (reason) {
      this.#sink.cancel(reason, 'broke')
      return
    }
    this.#sink.end(total, error)
  }

  #moved(): void {
    if (this.#timer !== undefined) return
    // Not at once: an error must not come in between what is passed on, and the last of it belongs to the end.
    const waitMs = Math.max(0, LEAST_BETWEEN_MS - (performance.now() - this.#toldMs))
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#toldMs = performance.now()
      try {
        this.#tell(this.#progress())
      } catch (reason) {
        this.#broke(reason)
      }
    }, waitMs)
  }

  #progress(): Progress {
    const [done, failed] = [this.#done, this.#failed]
    const over = done + failed
    const { total } = this.#extent
    const elapsed = performance.now() - this.#beganMs
    const remaining = total === undefined || over === 0 ? undefined : (elapsed / over) * (total - over)
    return { done, failed, total, elapsed, remaining }
  }
}
