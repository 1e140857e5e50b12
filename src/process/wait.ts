import type { WaitOptions } from '../base/wait.ts'
import { inner } from './inner.ts'
import type { WaitModeOptions, WaitResult } from './wait-mode.ts'

/**
 * Waits until at least one of the processes has ended, or one of the promises (the tasks of a pool are promises) has
 * settled, and tells which: all that have, in the order given, and none when the time (milliseconds) was up first.
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
 * With a `mode` it says until when, and tells apart what is over and what is not. What is still pending goes on; a
 * promise that was rejected is among those done and still has to be handled by whoever wants its error.
 *
 * Rejects with an `ArgumentError` for something that is neither, with a `StateError` for a process that was not started
 * (`MC_PROCESS_NOT_STARTED`) or was closed (`MC_PROCESS_CLOSED`), and with the reason of an aborted `signal`.
 * Follows `multiprocessing.connection.wait()`; with a `mode`, `concurrent.futures.wait()`.
 */
export function wait<T extends object>(objects: Iterable<T>, options: WaitModeOptions): Promise<WaitResult<T>>
export function wait<T extends object>(objects: Iterable<T>, limit?: number | WaitOptions): Promise<T[]>
export async function wait<T extends object>(
  objects: Iterable<T>,
  limit?: number | WaitOptions | WaitModeOptions,
): Promise<T[] | WaitResult<T>> {
  return await inner().waitFor(objects, limit)
}

/**
 * Gives tasks, other promises or processes in the order in which they are over, those that already are first. What it
 * gives is the task itself: `await` it for its result or error. Each is given once.
 *
 * ```ts
 * import { Pool, asCompleted } from 'manycore'
 *
 * await using pool = new Pool({ processes: 2 })
 * const tasks = [3, 1, 2].map((n) => pool.apply((m: number) => m * m, [n]))
 * for await (const task of asCompleted(tasks)) console.log(task.id, await task)
 * ```
 *
 * With `timeout` (milliseconds from the call) it throws a `TimeoutError` (`MC_WAIT_TIMEOUT`) when the time is up before
 * the last is over; with `signal` the signal's reason; and gives nothing more after that. Throws as `wait()` for what
 * cannot be waited for. Follows `concurrent.futures.as_completed()`.
 */
export function asCompleted<T extends object>(
  objects: Iterable<T>,
  limit?: number | WaitOptions,
): AsyncIterableIterator<T, undefined> {
  return inner().inOrderOfEnd(objects, limit)
}
