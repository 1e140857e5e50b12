/** Where the results of a map or a stream go. */
export interface ResultSink {
  values(index: number, values: readonly unknown[]): void
  failure(index: number, reason: unknown): void
  /** The work was given up, for this reason. */
  cancel(reason: unknown, how: GivenUp): void
  /** Every item was answered, and no more will come. `error` is what the source of the items threw. */
  end(total: number, error: { readonly reason: unknown } | undefined): void
}

/**
 * Why no more is worked on: its user, or the end of the pool, wanted that (`asked`), and need not handle the error; its time
 * is over (`late`), and the results that are there may still be read; or something `broke`.
 */
export type GivenUp = 'asked' | 'late' | 'broke'
