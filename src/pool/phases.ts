/**
 * `starting → preparing → ready → leaving → gone`. A member that prepares runs the initializer; one that leaves gets
 * nothing new, but answers what it holds unless it was killed.
 */
export type MemberState = 'starting' | 'preparing' | 'ready' | 'leaving' | 'gone'

/** How long a worker was in each part of its life, in milliseconds. */
export interface PhaseTimes {
  /** From its start until it was ready. */
  readonly start: number
  /** In the initializer. */
  readonly init: number
  /** Without a task. */
  readonly wait: number
  /** With a task. */
  readonly work: number
  /** From when it was told to end until it was gone; the exit hook is a part of it. */
  readonly exit: number
}

type Phase = keyof PhaseTimes

/** In which part of its life a worker is, and how long it was in each. */
export class Phases {
  readonly #bornMs: number = performance.now()
  readonly #ms: Record<Phase, number> = { start: 0, init: 0, wait: 0, work: 0, exit: 0 }
  #phase: Phase | undefined = 'start'
  #sinceMs = this.#bornMs

  /** The worker is in this state from now on. One that begins to leave while it works does not work on. */
  entered(state: MemberState, nowMs: number): void {
    this.#enter(PHASES[state], nowMs)
  }

  /** It has a task, or none any more. */
  works(isWorking: boolean, nowMs: number): void {
    if (this.#phase === 'wait' || this.#phase === 'work') this.#enter(isWorking ? 'work' : 'wait', nowMs)
  }

  times(nowMs: number): PhaseTimes {
    this.#enter(this.#phase, nowMs)
    return { ...this.#ms }
  }

  /** Which share of its life it had something to do, from 0 to 1. */
  busyShare(nowMs: number): number {
    const { init, work } = this.times(nowMs)
    return Math.min(1, (init + work) / Math.max(1, nowMs - this.#bornMs))
  }

  #enter(phase: Phase | undefined, nowMs: number): void {
    if (this.#phase !== undefined) this.#ms[this.#phase] += nowMs - this.#sinceMs
    this.#phase = phase
    this.#sinceMs = nowMs
  }
}

const PHASES: Readonly<Record<MemberState, Phase | undefined>> = {
  starting: 'start',
  preparing: 'init',
  ready: 'wait',
  leaving: 'exit',
  gone: undefined,
}
