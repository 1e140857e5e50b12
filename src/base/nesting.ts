import { StateError } from './errors.ts'

/**
 * Guards against a program that starts itself: what a worker runs because it *imports* something (a preloaded module,
 * a module that a function refers to) must not start workers, or each of them would do the same.
 */
export function assertMaySpawn(isWorker: boolean): void {
  const state = nesting()
  if (state.importing === 0 && (!isWorker || state.entered)) return
  throw new StateError(
    'MC_WORKER_NESTED',
    'A worker that was importing modules was about to start workers of its own. A module that a task imports, or one ' +
      'that is preloaded with --import or --require, makes a Pool or starts a Process when it is loaded. ' +
      'Do that inside a function, or in the main program.',
  )
}

/** A worker has loaded everything that was preloaded; from now on its tasks may start workers. */
export function enterTasks(): void {
  nesting().entered = true
}

/** No worker may be started until `imported` has settled. */
export async function duringImport<T>(imported: Promise<T>): Promise<T> {
  const state = nesting()
  // In the main program these are tasks of inline workers, which run no program of their own.
  if (!state.entered) return await imported
  state.importing++
  try {
    return await imported
  } finally {
    state.importing--
  }
}

interface Nesting {
  entered: boolean
  importing: number
}

const KEY: unique symbol = Symbol.for('manycore.nesting') as never

// On globalThis, because a loader such as tsx can make a second instance of this module in the same process.
function nesting(): Nesting {
  const holder = globalThis as { [KEY]?: Nesting }
  return (holder[KEY] ??= { entered: false, importing: 0 })
}
