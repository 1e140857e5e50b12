import { ArgumentError } from '../base/errors.ts'
import { withBackend } from '../base/with-backend.ts'
import { inner } from './inner.ts'
import type { ProcessOptions } from './options.ts'
import { Process } from './process.ts'

/** Options of a `Thread`: those of a `Process` that mean something for a thread. */
export type ThreadOptions<Args extends readonly unknown[], Result> = ProcessOptions<Args, Result> & {
  readonly backend?: never
  readonly execPath?: never
  readonly cwd?: never
}

/**
 * A `Process` that is a thread of this process: `new Process({ backend: 'thread', … })`.
 *
 * ```ts
 * import { Thread, currentProcess } from 'manycore'
 *
 * const thread = new Thread({ target: () => currentProcess().name }).start()
 * console.log(await thread.result) // Thread-1
 * ```
 *
 * Follows `multiprocessing.dummy.Process`, but its threads run JavaScript at the same time and share no variables.
 */
export class Thread<Args extends readonly unknown[] = [], Result = unknown> extends Process<Args, Result> {
  /** Throws as `new Process()` does. */
  constructor(options: ThreadOptions<Args, Result> = {} as ThreadOptions<Args, Result>) {
    const taken = withBackend(options as ProcessOptions<Args, Result>, new.target.name, inner().PROCESS_OPTIONS)
    if (taken.target === undefined && new.target === (Thread as unknown)) {
      throw new ArgumentError('new Thread() needs a target: the function to run, or a subclass that overrides run().')
    }
    super(taken)
  }
}
