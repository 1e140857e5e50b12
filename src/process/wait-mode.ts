import type { WaitOptions } from '../base/wait.ts'

/** Until when `wait()` waits. */
export interface WaitModeOptions extends WaitOptions {
  /**
   * `'all'`: until everything is over. `'first'`: until something is. `'firstError'`: until a promise was rejected or a
   * process ended with another exit code than 0, or everything is over.
   */
  readonly mode: 'all' | 'first' | 'firstError'
}

/** What is over and what is not, each once, in the order given. */
export interface WaitResult<T> {
  readonly done: T[]
  readonly pending: T[]
}
