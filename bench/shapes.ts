/** Milliseconds of 200 items, 20 on average, of which the last takes ten times that. */
export const HEAVY_TAIL: readonly number[] = Array.from({ length: 200 }, (_, n) =>
  n === 199 ? 200 : (20 * 200 - 200) / 199,
)

/** Of a thousand items whose cost varies a hundredfold, of which the expensive tenth comes first. */
export const DEAR_FIRST: readonly number[] = Array.from({ length: 1000 }, (_, n) => (n < 100 ? 20 : 0.2))

/** The makespan when items are given out in this order at no cost, each to the worker that is free first. */
export function idealMs(items: readonly number[], workers: number): number {
  const free = new Array<number>(workers).fill(0)
  for (const item of items) {
    const first = free.indexOf(Math.min(...free))
    free[first] = (free[first] ?? 0) + item
  }
  return Math.max(...free)
}
