import { checkDuration, checkOptions, checkSignal, takeOptions } from './argument.ts'
import { atNextTurn, dropTurn } from './event-loop.ts'
import { afterMs } from './long-timer.ts'
import { onAbort } from './on-abort.ts'
import { onSettled } from './settlement.ts'

/** How long a call may wait. */
export interface WaitOptions {
  /** Milliseconds; `Infinity` (the default) waits without limit, 0 or less only looks. */
  readonly timeout?: number | undefined
  /** Gives up the wait, not what is waited for: the call rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

const WAIT_OPTIONS = ['timeout', 'signal'] as const

/**
 * Checks the `{ timeout, signal }`, or the bare number of milliseconds, that a waiting method was given, and gives what of
 * it was set. `more`: other options that the method knows.
 */
export function checkWait(
  method: string,
  wait: number | WaitOptions | undefined,
  more: readonly string[] = [],
): WaitOptions {
  const given = typeof wait === 'number' ? { timeout: wait } : wait === undefined ? {} : wait
  checkOptions(`The argument of ${method}`, given, [...WAIT_OPTIONS, ...more])
  const options: WaitOptions = takeOptions(given, WAIT_OPTIONS)
  if (options.timeout !== undefined) checkDuration(`timeout of ${method}`, options.timeout)
  checkSignal(`signal of ${method}`, options.signal)
  return options
}

/**
 * Whether the promise settled, either way, before the time was up. Rejects only with the reason of an aborted signal.
 * Leaves no timer and no listener behind, nor anything on a promise that has not settled.
 */
export function settledWithin(promise: Promise<unknown>, options: WaitOptions): Promise<boolean> {
  const { timeout = Infinity, signal } = options
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason)
      return
    }
    let stopTimer: (() => void) | undefined
    let look: NodeJS.Immediate | undefined
    const end = (settled: boolean) => {
      release()
      resolve(settled)
    }
    const abort = () => {
      release()
      reject(signal?.reason)
    }
    const release = () => {
      forget()
      stopTimer?.()
      dropTurn(look)
      stopListening?.()
    }
    const stopListening = signal === undefined ? undefined : onAbort(signal, abort)
    const forget = onSettled(promise, () => end(true))
    // A promise that has settled already answers in a microtask, before any immediate.
    if (timeout <= 0) look = atNextTurn(() => end(false))
    else stopTimer = afterMs(timeout, () => end(false))
  })
}
