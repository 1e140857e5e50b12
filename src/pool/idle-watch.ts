import { LONGEST_TIMER_MS } from '../base/long-timer.ts'
import type { Member } from './member.ts'

/** Ends workers that had nothing to do for a while. Has a timer only while such a worker is there. */
export class IdleWatch {
  #timer: NodeJS.Timeout | undefined
  readonly #members: () => readonly Member[]
  readonly #release: (member: Member) => void

  constructor(members: () => readonly Member[], release: (member: Member) => void) {
    this.#members = members
    this.#release = release
  }

  /** A worker has nothing to do any more, or the limits have changed. */
  look(min: number, timeoutMs: number): void {
    if (this.#timer !== undefined || timeoutMs === Infinity) return
    const nowMs = performance.now()
    let staying = 0
    for (const { isLeaving } of this.#members()) if (!isLeaving) staying++
    let waitMs = Infinity
    for (const member of this.#members().slice()) {
      if (staying <= min) return
      if (!member.isIdle) continue
      const leftMs = timeoutMs - (nowMs - member.idleSinceMs)
      if (leftMs > 0) waitMs = Math.min(waitMs, leftMs)
      else {
        this.#release(member)
        staying--
      }
    }
    if (waitMs === Infinity || staying <= min) return
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined
        this.look(min, timeoutMs)
      },
      Math.min(Math.ceil(waitMs), LONGEST_TIMER_MS),
    )
    this.#timer.unref()
  }

  end(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}
