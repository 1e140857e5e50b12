/** How many items a source has, as far as that is known. */
export class Extent {
  /** So many have come. */
  pulled = 0
  /** No more will come. */
  isOver = false
  readonly #expected: number | undefined

  /** `said`: by the caller, who need not be right. */
  constructor(source: Iterable<unknown> | AsyncIterable<unknown>, said: number | undefined) {
    this.#expected = said ?? sizeOf(source)
  }

  get total(): number | undefined {
    if (this.isOver) return this.pulled
    return this.#expected === undefined ? undefined : Math.max(this.#expected, this.pulled)
  }
}

function sizeOf(source: Iterable<unknown> | AsyncIterable<unknown>): number | undefined {
  if (Array.isArray(source)) return source.length
  if (source instanceof Set || source instanceof Map) return source.size
  return ArrayBuffer.isView(source) && 'length' in source ? Number(source.length) : undefined
}
