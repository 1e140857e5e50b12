const FACTOR = 3

function times(n: number): number {
  return n * FACTOR
}

/** An export that needs another function of its module and a constant. */
export function scale(n: number): number {
  return times(n) + 1
}
