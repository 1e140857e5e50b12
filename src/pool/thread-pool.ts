import { withBackend } from '../base/with-backend.ts'
import type { PoolOptions } from './options.ts'
import { entrance, Pool } from './pool.ts'

/** Options of a `ThreadPool`: those of a `Pool` that mean something for threads. */
export type ThreadPoolOptions = Omit<PoolOptions, 'backend' | 'execPath' | 'cwd' | 'maxMemory'>

/**
 * A `Pool` whose workers are threads of this process: `new Pool({ backend: 'thread' })`.
 *
 * ```ts
 * import { ThreadPool } from 'manycore'
 *
 * await using pool = new ThreadPool({ processes: 2 })
 * console.log(await pool.map((n: number) => n * n, [1, 2, 3])) // [ 1, 4, 9 ]
 * ```
 *
 * Follows `multiprocessing.pool.ThreadPool`, but its threads run JavaScript at the same time and share no variables.
 */
export class ThreadPool extends Pool {
  /** Throws as `new Pool()` does. */
  constructor(options: ThreadPoolOptions = {}) {
    super(withBackend(options, 'ThreadPool', entrance().POOL_OPTIONS))
  }
}
