import type { GivenUp, ResultSink } from './result-sink.ts'

/** Gathers the results of a map in the order of its items; its promise settles when all of them were dealt with. */
export class MapResults implements ResultSink {
  readonly promise: Promise<unknown[]>
  readonly #settle: boolean
  #parts: Part[] = []
  #inOrder = true
  #next = 0
  #failure: { readonly index: number; readonly reason: unknown } | undefined
  #resolve!: (results: unknown[]) => void
  #reject!: (reason: unknown) => void

  /** `settle`: failures become results, as with `Promise.allSettled`. */
  constructor(settle: boolean) {
    this.#settle = settle
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  values(index: number, values: readonly unknown[]): void {
    this.#put(index, this.#settle ? values.map((value) => ({ status: 'fulfilled', value })) : values)
  }

  failure(index: number, reason: unknown): void {
    if (this.#settle) this.#put(index, [{ status: 'rejected', reason }])
    else if (this.#failure === undefined || index < this.#failure.index) this.#failure = { index, reason }
  }

  end(_total: number, error: { readonly reason: unknown } | undefined): void {
    // An item that failed comes before the source's own end.
    const failed = this.#failure ?? error
    if (failed === undefined)
      this.#resolve(join(this.#inOrder ? this.#parts : this.#parts.sort((a, b) => a.index - b.index)))
    else this.#reject(failed.reason)
    this.#parts = []
  }

  /** Gives up. Where somebody asked for that the rejection needs no handler. */
  cancel(reason: unknown, how: GivenUp): void {
    if (how === 'asked') this.promise.catch(() => {})
    this.#reject(reason)
    this.#parts = []
  }

  // The parts are kept as they come and joined once: an array that grows item by item is copied again and again.
  #put(index: number, values: readonly unknown[]): void {
    if (index !== this.#next) this.#inOrder = false
    this.#next = index + values.length
    this.#parts.push({ index, values })
  }
}

interface Part {
  readonly index: number
  readonly values: readonly unknown[]
}

// So many arguments are safe on any stack.
const JOINED_AT_ONCE = 10_000

function join(parts: readonly Part[]): unknown[] {
  const joined: (readonly unknown[])[] = []
  for (let at = 0; at < parts.length; at += JOINED_AT_ONCE) {
    const some = parts.slice(at, at + JOINED_AT_ONCE)
    joined.push(([] as unknown[]).concat(...some.map(({ values }) => values)))
  }
  return joined.length === 1 ? (joined[0] as unknown[]) : ([] as unknown[]).concat(...joined)
}
