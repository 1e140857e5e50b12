/** A pool of workers as the bench sees it: one file each beside this one, so that all run the same work side by side. */
export interface Peer {
  /** Whether `map` sends many items in one message. Where it does not, a map is as many single tasks. */
  readonly chunks: boolean
  /** Runs the function, one of tasks.ts, once; the promise is that of this one task. */
  run<A extends unknown[], R>(fn: (...args: A) => R, args: A): Promise<Awaited<R>>
  /** Runs it for each item, with the peer's defaults. */
  map<T, R>(fn: (item: T) => R, items: T[]): Promise<Awaited<R>[]>
  /** As `map`, one result after the other. Absent where the peer offers nothing of the kind. */
  stream?<T, R>(fn: (item: T) => R, items: T[]): AsyncIterable<Awaited<R>>
  /** As `run`, and rejects when the time is up. Absent where the peer offers nothing of the kind. */
  runWithin?<A extends unknown[], R>(fn: (...args: A) => R, args: A, limitMs: number): Promise<Awaited<R>>
  end(): Promise<unknown>
}

/** Makes a peer; nothing may be started before. */
export type OpenPeer = (workers: number) => Peer

/** Loads what the peer is made of. */
export type LoadPeer = () => Promise<OpenPeer>

/** A peer whose `map` is as many single tasks. */
export function oneByOne(run: Peer['run'], rest: Pick<Peer, 'end' | 'runWithin'>): Peer {
  return { chunks: false, run, map: (fn, items) => Promise.all(items.map((item) => run(fn, [item]))), ...rest }
}
