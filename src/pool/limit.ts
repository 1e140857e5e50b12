import { atNextTurn, dropTurn } from '../base/event-loop.ts'
import { afterMs } from '../base/long-timer.ts'

/**
 * Calls `over` when a time limit has struck and nothing that came in time is left to be read; gives what stops that. Keeps
 * the program alive if `ref`.
 */
export function setLimit(over: () => void, limitMs: number, ref = true): () => void {
  let turn: NodeJS.Immediate | undefined
  // What an owner that was busy has not read yet came in time: it is read between the timers and the immediates.
  const stop = afterMs(limitMs, () => void (turn = atNextTurn(over)), ref)
  return () => {
    stop()
    dropTurn(turn)
  }
}

/** Nothing instead of a limit that never strikes: what has one is sent by itself, so that its worker may be killed. */
export function finite(ms: number | undefined): number | undefined {
  return ms === Infinity ? undefined : ms
}
