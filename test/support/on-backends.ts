import { describe } from 'node:test'
import type { BackendName } from 'manycore'

/** What a test may need to know about where workers live; the table in docs/backends.md says the same in words. */
export interface Place {
  readonly backend: BackendName
  /** A worker that never gives control back can be ended. */
  readonly endsLoops: boolean
  /** A worker that kills its process harms nobody else. */
  readonly diesAlone: boolean
  /** A worker has an environment, flags and an output of its own, and can fail to start. */
  readonly startsAnew: boolean
}

const places: readonly Place[] = [
  { backend: 'process', endsLoops: true, diesAlone: true, startsAnew: true },
  { backend: 'thread', endsLoops: true, diesAlone: false, startsAnew: true },
  { backend: 'inline', endsLoops: false, diesAlone: false, startsAnew: false },
]

/** Runs one suite on each backend; a test that one of them cannot pass says so with `needs`. */
export function onEachBackend(title: string, suite: (place: Place) => void): void {
  for (const place of places) describe(`${title}, backend '${place.backend}'`, () => suite(place))
}

/** As `onEachBackend`, for tests of `Process`, which is never inline. */
export function onEachProcessBackend(title: string, suite: (backend: 'process' | 'thread') => void): void {
  for (const backend of ['process', 'thread'] as const) describe(`${title}, backend '${backend}'`, () => suite(backend))
}

/** Options of a test that makes sense only where `what` is true. */
export function needs(place: Place, what: Exclude<keyof Place, 'backend'>): { skip: string | false } {
  return { skip: place[what] ? false : `the backend '${place.backend}' has no '${what}', see docs/backends.md` }
}
