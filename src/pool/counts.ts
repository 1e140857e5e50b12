/** What became of tasks. */
export interface Counts {
  done: number
  failed: number
  lost: number
}

export function noCounts(): Counts {
  return { done: 0, failed: 0, lost: 0 }
}
