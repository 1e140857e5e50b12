/** A pool of workers as the bench sees it: one file each beside this one, so that all run the same work side by side. */
export interface Peer {
  readonly name: string
  /** Runs the function once; the promise is that of this one task. */
  run<A extends unknown[], R>(fn: (...args: A) => R, args: A): Promise<Awaited<R>>
  /** Runs it for each item, with the peer's defaults. */
  map<T, R>(fn: (item: T) => R, items: T[]): Promise<Awaited<R>[]>
  end(): Promise<void>
}

/** Makes a peer; nothing may be started before. */
export type OpenPeer = (workers: number) => Peer
