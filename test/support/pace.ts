import type { Pool } from 'manycore'

/**
 * A time limit in milliseconds that only what hangs exceeds: many times what a tiny call takes on this machine, with the
 * load that it has now, and between `leastMs` and five seconds.
 */
export async function whatIsPlentyFor(pool: Pool, leastMs = 200): Promise<number> {
  let longestMs = 0
  for (let n = 0; n < 5; n++) {
    const startMs = performance.now()
    await pool.apply((m: number) => m, [n])
    // The first one waits for its worker.
    if (n > 0) longestMs = Math.max(longestMs, performance.now() - startMs)
  }
  return Math.max(leastMs, Math.min(5000, Math.ceil(30 * longestMs)))
}
