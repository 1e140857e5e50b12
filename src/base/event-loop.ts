import timers from 'node:timers'
import { LONGEST_TIMER_MS } from './long-timer.ts'

/*
 * What moves things on, taken when manycore is loaded: a test of our user's may put others in place of `setImmediate` and
 * its like, with which nothing would ever arrive. Time limits are left to such a test.
 */

/** Runs something in the next turn of the event loop. */
export const atNextTurn: (run: () => void) => NodeJS.Immediate = timers.setImmediate

export const dropTurn: (turn: NodeJS.Immediate | undefined) => void = timers.clearImmediate

/** Runs something behind what runs now, before anything else comes through the event loop. */
export const atMicrotask: (run: () => void) => void = globalThis.queueMicrotask

/** Keeps the program alive, until it is told otherwise. */
export function holdProgram(): NodeJS.Timeout {
  return setInterval(() => {}, LONGEST_TIMER_MS)
}

const { setInterval } = timers
