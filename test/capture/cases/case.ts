/** One kind of thing that travels, written so that it runs however TypeScript is run. */
export interface Case {
  readonly name: string
  /** What a way of running may not keep: written names, the files as they are, or modules of their own. */
  readonly needs?: 'names' | 'files' | 'modules'
  readonly run: (peer: RoundTrip) => Promise<void>
}

export interface RoundTrip {
  /** Calls a function in another process; what it throws is thrown here, with `remoteStack`. */
  call<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): Promise<Awaited<R>>
  /** Captures only; for refusals. */
  capture(value: unknown): unknown
  /** A stack of this process with the positions of the sources. */
  mapped(stack: string | undefined): string
}
