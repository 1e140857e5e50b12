import { LONGEST_TIMER_MS } from '../base/long-timer.ts'

/** What a start is waited for with. */
export interface StartWatchOptions {
  /** Given up then, `Infinity` for never. */
  readonly limitMs: number
  /**
   * What shows that the start stands still for ever, or nothing. The same text twice, some time apart, is taken for
   * certain; it is made of what would change if the start went on.
   */
  standstill(): string | undefined
  /** Runs at most once; `why` goes on behind the name of the worker. */
  giveUp(why: string): void
}

/**
 * Waits for one start: for its time limit, and for what can be seen to stand still long before. Looks for the first time
 * when a start has taken a hundred times as long as usual, and ever more rarely after that.
 */
export class StartWatch {
  readonly #options: StartWatchOptions
  readonly #beginMs = performance.now()
  #timer: NodeJS.Timeout | undefined
  #seen: string | undefined

  constructor(options: StartWatchOptions) {
    this.#options = options
    this.#wait(FIRST_LOOK_MS)
  }

  end(): void {
    clearTimeout(this.#timer)
  }

  #wait(ms: number): void {
    const leftMs = this.#options.limitMs - this.#elapsedMs()
    this.#timer = setTimeout(() => this.#look(), Math.max(0, Math.min(ms, leftMs, LONGEST_TIMER_MS))).unref()
  }

  #look(): void {
    const { limitMs, giveUp } = this.#options
    if (this.#elapsedMs() >= limitMs - 1) {
      giveUp(`did not become ready within ${limitMs} ms and was ended`)
      return
    }
    const seen = this.#options.standstill()
    if (seen !== undefined && seen === this.#seen) {
      giveUp(NO_THREADS)
      return
    }
    this.#seen = seen
    this.#wait(seen === undefined ? this.#elapsedMs() : SECOND_LOOK_MS)
  }

  #elapsedMs(): number {
    return performance.now() - this.#beginMs
  }
}

const FIRST_LOOK_MS = 2_000
const SECOND_LOOK_MS = 500

const NO_THREADS =
  'was ended because Node waits for ever for threads that the system does not let it make (raise "ulimit -u" or the ' +
  'limit of processes of the container, or start fewer workers)'
