/** Timers of this program that strike when its test says so. */
export interface HeldTimers extends Disposable {
  /** How long they were set for. */
  readonly ms: number
  /** How many were set and neither cleared nor struck. */
  readonly waiting: number
  /** Lets all that wait strike. */
  strike(): void
}

const LATE_MS = 1_000_000

/**
 * Holds back every timer that is set for exactly so many milliseconds from now on; by default that is a length that
 * nobody else uses. A time limit of them then ends what has begun, on the slowest machine too, and nothing else; and
 * nobody waits for it.
 */
export function holdTimers(ms = 1_000_000_007): HeldTimers {
  const { setTimeout: set, clearTimeout: clear } = globalThis
  const held = new Map<unknown, () => void>()
  const setHeld = (over: (...args: unknown[]) => void, afterMs?: number, ...args: unknown[]): NodeJS.Timeout => {
    if (afterMs !== ms) return set(over, afterMs, ...args)
    // A real one, which keeps the program alive as long as it should.
    const timer = set(() => {}, LATE_MS)
    held.set(timer, () => over(...args))
    return timer
  }
  globalThis.setTimeout = Object.assign(setHeld, set)
  globalThis.clearTimeout = (timer) => {
    held.delete(timer)
    clear(timer)
  }
  return {
    ms,
    get waiting() {
      return held.size
    },
    strike: () => {
      // Those that are set meanwhile wait for the next time, and one may clear another.
      const timers = [...held.keys()]
      for (const timer of timers) {
        const over = held.get(timer)
        globalThis.clearTimeout(timer as NodeJS.Timeout)
        over?.()
      }
    },
    [Symbol.dispose]: () => {
      globalThis.setTimeout = set
      globalThis.clearTimeout = clear
      for (const timer of held.keys()) clear(timer as NodeJS.Timeout)
    },
  }
}
