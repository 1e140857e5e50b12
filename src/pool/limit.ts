import { atNextTurn } from '../base/event-loop.ts'
import { LONGEST_TIMER_MS } from '../base/long-timer.ts'

/** Calls `over` when a time limit has struck and nothing that came in time is left to be read. */
export function setLimit(over: () => void, limitMs: number): NodeJS.Timeout {
  // What an owner that was busy has not read yet came in time: it is read between the timers and the immediates.
  return setTimeout(() => atNextTurn(over), Math.min(limitMs, LONGEST_TIMER_MS))
}
