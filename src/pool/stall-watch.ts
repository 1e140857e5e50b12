import { atNextTurn } from '../base/event-loop.ts'
import { LONGEST_TIMER_MS } from '../base/long-timer.ts'
import { Kind } from '../channel/messages.ts'
import type { Member } from './member.ts'

// A program that was itself held up misses some of these, so that it takes nobody for frozen who is not.
const TICKS = 4

/** Kills workers that give no sign of life: stopped by a signal, or with an event loop that is blocked. */
export class StallWatch {
  #timer: NodeJS.Timeout | undefined
  readonly #members: () => readonly Member[]
  readonly #timeoutMs: number

  constructor(members: () => readonly Member[], timeoutMs: number) {
    this.#members = members
    this.#timeoutMs = timeoutMs
  }

  /** There are workers to look at. */
  begin(): void {
    if (this.#timeoutMs === Infinity) return
    const tickMs = Math.min(Math.max(1, this.#timeoutMs / TICKS), LONGEST_TIMER_MS)
    this.#timer ??= setInterval(() => this.#tick(), tickMs).unref()
  }

  end(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #tick(): void {
    const members = this.#members()
    if (members.length === 0) this.end()
    for (const member of members) {
      if (member.state !== 'ready') continue
      if (member.heard) {
        member.heard = false
        member.silentTicks = 0
        member.worker.channel.send({ kind: Kind.probe, task: 0, fn: 0, index: 0, count: 0, payload: undefined })
      } else if (++member.silentTicks >= TICKS) {
        // What it has said may wait to be read.
        atNextTurn(() => this.#judge(member))
      }
    }
  }

  #judge(member: Member): void {
    if (member.heard || member.state !== 'ready') return
    member.kill(`it gave no sign of life for ${this.#timeoutMs} ms: it is stopped, or its event loop is blocked`)
  }
}
