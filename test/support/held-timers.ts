/** Timers of this program that strike when its test says so. */
export interface HeldTimers extends Disposable {
  /** How long they were set for: a length that nobody else uses, and longer than any test. */
  readonly ms: number
  /** How many were set and neither cleared nor struck. */
  readonly waiting: number
  /** Lets all that wait strike. */
  strike(): void
}

/**
 * Holds back every timer that is set for exactly `ms` from now on. A time limit of so many milliseconds then ends what
 * has begun, on the slowest machine too, and nothing else; and nobody waits for it.
 */
export function holdTimers(): HeldTimers {
  const ms = 1_000_000_007
  const { setTimeout: set, clearTimeout: clear } = globalThis
  const held = new Map<unknown, () => void>()
  const setHeld = (over: (...args: unknown[]) => void, afterMs?: number, ...args: unknown[]): NodeJS.Timeout => {
    // A real one, which keeps the program alive as long as it should.
    const timer = set(over, afterMs, ...args)
    if (afterMs === ms) held.set(timer, () => over(...args))
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
      for (const [timer, over] of [...held]) {
        globalThis.clearTimeout(timer as NodeJS.Timeout)
        over()
      }
    },
    [Symbol.dispose]: () => {
      globalThis.setTimeout = set
      globalThis.clearTimeout = clear
      for (const timer of held.keys()) clear(timer as NodeJS.Timeout)
    },
  }
}
