/** setTimeout turns more than these 24.8 days into one millisecond. */
export const LONGEST_TIMER_MS: number = 2 ** 31 - 1

/** Calls `done` after so many milliseconds, however many; gives what stops that. Keeps the program alive if `ref`. */
export function afterMs(ms: number, done: () => void, ref = true): () => void {
  let timer: NodeJS.Timeout
  const arm = (leftMs: number): void => {
    if (leftMs <= LONGEST_TIMER_MS) timer = setTimeout(done, leftMs)
    else timer = setTimeout(() => arm(leftMs - LONGEST_TIMER_MS), LONGEST_TIMER_MS)
    if (!ref) timer.unref()
  }
  if (ms !== Infinity) arm(ms)
  return () => clearTimeout(timer)
}
