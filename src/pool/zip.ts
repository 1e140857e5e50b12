import { checkIterable } from '../base/argument.ts'

type Source = Iterable<unknown> | AsyncIterable<unknown>
type ItemOf<S> = S extends Iterable<infer T> | AsyncIterable<infer T> ? T : never
type Tuple<S extends readonly Source[]> = { -readonly [K in keyof S]: ItemOf<S[K]> }

/**
 * The first items of several iterables, then the second ones, and so on, until the shortest of them ends; the others are
 * closed. Lazy, so that they may be endless. Where one of them is an async iterable, so is the result.
 *
 * ```ts
 * await pool.starmap(Math.pow, zip([2, 3, 4], [5, 2])) // [32, 9]
 * ```
 *
 * As `zip()` of [Python](https://docs.python.org/3/library/functions.html#zip).
 */
export function zip<S extends readonly Iterable<unknown>[]>(...sources: S): IterableIterator<Tuple<S>>
export function zip<S extends readonly Source[]>(...sources: S): AsyncIterableIterator<Tuple<S>>
export function zip(...sources: readonly Source[]): IterableIterator<unknown[]> | AsyncIterableIterator<unknown[]> {
  sources.forEach((source, at) => checkIterable(`sources[${at}] of zip()`, source))
  return sources.some((source) => Symbol.asyncIterator in Object(source))
    ? zipAsync(sources)
    : zipSync(sources as readonly Iterable<unknown>[])
}

function* zipSync(sources: readonly Iterable<unknown>[]): Generator<unknown[]> {
  const open = new Set<Iterator<unknown>>()
  try {
    const iterators = sources.map((source) => {
      const iterator = source[Symbol.iterator]()
      open.add(iterator)
      return iterator
    })
    while (iterators.length > 0) {
      const items: unknown[] = []
      for (const iterator of iterators) {
        // One that throws has closed itself.
        open.delete(iterator)
        const step = iterator.next()
        if (step.done === true) return
        open.add(iterator)
        items.push(step.value)
      }
      yield items
    }
  } finally {
    closeAll(open)
  }
}

async function* zipAsync(sources: readonly Source[]): AsyncGenerator<unknown[]> {
  const open = new Set<Iterator<unknown> | AsyncIterator<unknown>>()
  try {
    const iterators = sources.map((source) => {
      const iterator = Symbol.asyncIterator in Object(source) ? asyncOf(source) : syncOf(source)
      open.add(iterator)
      return iterator
    })
    while (iterators.length > 0) {
      const items: unknown[] = []
      for (const iterator of iterators) {
        open.delete(iterator)
        const step = await iterator.next()
        if (step.done === true) return
        open.add(iterator)
        items.push(step.value)
      }
      yield items
    }
  } finally {
    await closeAllAsync(open)
  }
}

// Also those behind one that throws when it is closed.
function closeAll(open: Set<Iterator<unknown>>): void {
  for (const iterator of open) {
    open.delete(iterator)
    try {
      iterator.return?.()
    } finally {
      closeAll(open)
    }
  }
}

async function closeAllAsync(open: Set<Iterator<unknown> | AsyncIterator<unknown>>): Promise<void> {
  for (const iterator of open) {
    open.delete(iterator)
    try {
      await iterator.return?.()
    } finally {
      await closeAllAsync(open)
    }
  }
}

function asyncOf(source: Source): AsyncIterator<unknown> {
  return (source as AsyncIterable<unknown>)[Symbol.asyncIterator]()
}

function syncOf(source: Source): Iterator<unknown> {
  return (source as Iterable<unknown>)[Symbol.iterator]()
}
