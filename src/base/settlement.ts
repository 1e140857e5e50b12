/**
 * Calls back when a promise has settled, with whether it was rejected, until what is returned is called. A promise keeps
 * what is given to its `then` until it settles, so who asks one again and again would fill its memory; here it has one
 * reaction, however many ask.
 */
export function onSettled(promise: PromiseLike<unknown>, settled: (failed: boolean) => void): () => void {
  const known = waiting.get(promise)
  const listeners = known ?? new Set()
  // Each has an entry of its own, also where two bring the same function.
  const listener: Listener = (failed) => settled(failed)
  listeners.add(listener)
  if (known === undefined) {
    waiting.set(promise, listeners)
    const tell = (failed: boolean): void => {
      waiting.delete(promise)
      for (const one of listeners) one(failed)
    }
    promise.then(
      () => tell(false),
      () => tell(true),
    )
  }
  return () => void listeners.delete(listener)
}

type Listener = (failed: boolean) => void

const waiting = new WeakMap<PromiseLike<unknown>, Set<Listener>>()
