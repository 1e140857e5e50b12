import { currentIdentity, currentName, currentRecord } from './context.ts'

/** The worker that this code runs in. */
export interface CurrentWorker<State> {
  /** As `currentProcess().name`. */
  readonly name: string
  /** Its place among the workers of its pool, from 0; one that replaces another takes over its place. */
  readonly index: number
  readonly pid: number
  /** 0 but in a thread. */
  readonly threadId: number
  /** How many tasks, and items of maps, it has begun before this one. */
  readonly tasks: number
  /** What the pool's `initializer` returned in this worker. Anything, also what cannot travel, such as a connection. */
  readonly state: State
}

/** The type of `currentWorker().state`: of what the function returns, once awaited, or the type itself. */
export type WorkerStateOf<T> = T extends (...args: never[]) => infer R ? Awaited<R> : T

/**
 * The worker that a task runs in, with the state that the pool's `initializer` made for it. To have the state typed,
 * name the initializer. Outside of a worker it is one with the name `MainProcess` that has no state.
 *
 * ```ts
 * import { Pool, currentWorker } from 'manycore'
 *
 * const open = async () => ({ cache: new Map<string, number>() })
 * await using pool = new Pool({ processes: 2, initializer: open })
 * const lengthOf = (word: string): number => {
 *   const { cache } = currentWorker<typeof open>().state
 *   if (!cache.has(word)) cache.set(word, word.length)
 *   return cache.get(word) ?? 0
 * }
 * console.log(await pool.map(lengthOf, ['one', 'three', 'one'])) // [3, 5, 3]
 * ```
 */
export function currentWorker<T = unknown>(): CurrentWorker<WorkerStateOf<T>> {
  const record = currentRecord()
  return Object.freeze({
    name: currentName(),
    index: record?.index ?? 0,
    pid: process.pid,
    threadId: currentIdentity()?.threadId ?? 0,
    tasks: Math.max(0, (record?.begun ?? 0) - 1),
    state: record?.state as WorkerStateOf<T>,
  })
}
