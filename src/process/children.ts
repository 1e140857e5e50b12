import { livingChildren } from './living.ts'
import type { Process } from './process.ts'

/**
 * The processes that this one has started and that have not ended. Workers of pools are not among them.
 *
 * ```ts
 * import { Process, activeChildren } from 'manycore'
 *
 * const child = new Process({ target: () => {} })
 * child.start()
 * console.log(activeChildren().length) // 1
 * await child.join()
 * console.log(activeChildren().length) // 0
 * ```
 *
 * Follows `multiprocessing.active_children()`.
 */
export function activeChildren(): Process<never, unknown>[] {
  return livingChildren() as Process<never, unknown>[]
}
