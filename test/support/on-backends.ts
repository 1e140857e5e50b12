import { describe } from 'node:test'
import type { BackendName } from 'manycore'

/** What a test may ask of the place where workers live. */
export type Ability = keyof typeof ABILITIES

/** Why a backend lacks an ability; no reason where it has it. */
export interface Lacks {
  /** The ability, in words. */
  readonly what: string
  readonly thread?: string
  readonly inline?: string
}

/**
 * What only some backends can show. The same table stands in docs/backends.md, and a test holds both against each other
 * ({@link file://../backends-doc.test.ts}).
 */
export const ABILITIES = {
  endsLoops: {
    what: 'a task that never gives back control can be ended',
    inline: 'it blocks the very thread that would have to end it',
  },
  diesAlone: {
    what: 'a signal, `process.abort()` or a fault in native code ends one worker only',
    thread: 'it ends the whole program',
    inline: 'it ends the whole program',
  },
  isProcess: {
    what: 'a worker has a pid, an executable, a folder and signals of its own',
    thread: 'it lives in the process of the program',
    inline: 'it lives in the process of the program',
  },
  startsAnew: {
    what: 'a worker has an environment, flags and an output of its own, and can fail to start',
    inline: 'it is the thread that the program runs in',
  },
  hasOwnGlobals: {
    what: 'a worker has a `globalThis` and modules of its own',
    inline: 'it has those of the program',
  },
  fallsAlone: {
    what: 'a full heap, an error that nobody caught or `process.exit()` in a callback ends one worker only',
    inline: 'it ends the program, or is its own',
  },
  runsBeside: {
    what: 'tasks that compute run at the same time, and what computes does not hold up the program',
    inline: 'there is one thread for all of them',
  },
  isMeasured: {
    what: "`pool.stats()` tells a worker's memory and CPU time",
    thread: 'the system counts them for the whole process',
    inline: 'the system counts them for the whole process',
  },
} satisfies Record<string, Lacks>

/** Where the workers of a suite live. */
export interface Place {
  readonly backend: BackendName
  has(what: Ability): boolean
}

export interface ProcessPlace extends Place {
  readonly backend: 'process' | 'thread'
}

/** Runs one suite on each backend; a test that one of them cannot pass says so with `needs`. */
export function onEachBackend(title: string, suite: (place: Place) => void): void {
  for (const backend of ['process', 'thread', 'inline'] as const) {
    describe(`${title}, backend '${backend}'`, () => suite(placeOf(backend)))
  }
}

/** As `onEachBackend`, for tests of `Process`, which is never inline. */
export function onEachProcessBackend(title: string, suite: (place: ProcessPlace) => void): void {
  for (const backend of ['process', 'thread'] as const) {
    describe(`${title}, backend '${backend}'`, () => suite({ ...placeOf(backend), backend }))
  }
}

/** Options of a test that makes sense only where a worker can do all that. */
export function needs(place: Place, ...abilities: readonly Ability[]): { skip: string | false } {
  for (const ability of abilities) {
    const { what } = ABILITIES[ability]
    const why = reason(ability, place.backend)
    if (why !== undefined) return { skip: `not so with backend '${place.backend}': ${what} (${why})` }
  }
  return { skip: false }
}

/** What a task calls to end its worker as suddenly as its backend allows. */
export function sudden(place: Place): () => unknown {
  return place.has('diesAlone') ? () => process.kill(process.pid, 'SIGKILL') : () => process.exit(9)
}

function placeOf(backend: BackendName): Place {
  return { backend, has: (ability) => reason(ability, backend) === undefined }
}

function reason(ability: Ability, backend: BackendName): string | undefined {
  return backend === 'process' ? undefined : (ABILITIES[ability] as Lacks)[backend]
}
