interface Waiting {
  readonly told: Set<() => void>
  readonly listener: () => void
}

const waiting = new WeakMap<AbortSignal, Waiting>()

/**
 * Calls it when the signal fires, unless it is told to stop before. One listener serves all: Node warns of a leak where a
 * signal has more than ten, and one signal for all calls that belong together is as it should be.
 */
export function onAbort(signal: AbortSignal, fired: () => void): () => void {
  const entry = waiting.get(signal) ?? listenTo(signal)
  entry.told.add(fired)
  return () => {
    if (!entry.told.delete(fired) || entry.told.size > 0) return
    signal.removeEventListener('abort', entry.listener)
    if (waiting.get(signal) === entry) waiting.delete(signal)
  }
}

function listenTo(signal: AbortSignal): Waiting {
  const told = new Set<() => void>()
  const listener = (): void => {
    waiting.delete(signal)
    // Each is told once, however many of them stop another one.
    for (const fired of told) {
      told.delete(fired)
      fired()
    }
  }
  const entry = { told, listener }
  waiting.set(signal, entry)
  signal.addEventListener('abort', listener, { once: true })
  return entry
}
