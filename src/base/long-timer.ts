// setTimeout turns more than 24.8 days into one millisecond.
const LONGEST_MS = 2 ** 31 - 1

/** Calls `done` after so many milliseconds, however many; gives what stops that. */
export function afterMs(ms: number, done: () => void): () => void {
  let timer: NodeJS.Timeout
  const arm = (leftMs: number): void => {
    if (leftMs <= LONGEST_MS) timer = setTimeout(done, leftMs)
    else timer = setTimeout(() => arm(leftMs - LONGEST_MS), LONGEST_MS)
  }
  arm(ms)
  return () => clearTimeout(timer)
}
