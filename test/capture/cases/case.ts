/** One kind of thing that travels, written so that it runs however TypeScript is run. */
export interface Case {
  readonly name: string
  /** What a way of running may not keep. */
  readonly needs?: Needs | readonly Needs[]
  readonly run: (peer: RoundTrip) => Promise<void>
}

/**
 * Written names; the files as they are, so that their paths mean something; modules of their own; a debugger that may
 * pause; Node's own `import()` with what loads TypeScript; syntax that is not compiled down; functions that were not
 * rebuilt in this process; builtin modules as Node gives them.
 */
export type Needs = 'names' | 'files' | 'modules' | 'pause' | 'import' | 'syntax' | 'origin' | 'builtins'

export interface RoundTrip {
  /** Calls a function in another process; what it throws is thrown here, with `remoteStack`. */
  call<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): Promise<Awaited<R>>
  /** Captures only; for refusals. */
  capture(value: unknown): unknown
  /** A stack of this process with the positions of the sources. */
  mapped(stack: string | undefined): string
}
