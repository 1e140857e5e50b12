import type { WaitOptions } from '../base/wait.ts'
import { inner } from './inner.ts'

/**
 * Waits until at least one of the processes has ended, or one of the promises has settled, and tells which: all that
 * have, in the order given, and none when the time (milliseconds) was up first.
 *
 * ```ts
 * import { Process, wait } from 'manycore'
 *
 * const fast = new Process({ target: () => 'done' }).start()
 * const slow = new Process({ target: () => new Promise((resolve) => setTimeout(resolve, 60_000)) }).start()
 * const [first] = await wait([slow, fast])
 * console.log(first === fast)
 * slow.kill()
 * ```
 *
 * Rejects with an `ArgumentError` for something that is neither, with a `StateError` for a process that was not started
 * (`MC_PROCESS_NOT_STARTED`) or was closed (`MC_PROCESS_CLOSED`), and with the reason of an aborted `signal`.
 * Follows `multiprocessing.connection.wait()`.
 */
export async function wait<T extends object>(objects: Iterable<T>, limit?: number | WaitOptions): Promise<T[]> {
  return await inner().waitFor(objects, limit)
}
