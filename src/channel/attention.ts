import { atNextTurn } from '../base/event-loop.ts'

/**
 * Whether it pays to stay awake for the next message of a channel. A thread that sleeps when a message comes has to be
 * woken, which may take several times as long as everything else about a small message; so where messages follow each
 * other closely, a thread looks for the next one for a moment before it falls asleep. Where that was in vain it is soon
 * given up, and only tried again now and then: a channel that is quiet costs nothing.
 */
export class Attention {
  readonly #loop: Wakefulness
  // How often it was of use lately.
  #score = 0
  #passed = 0
  #tryAfter = TRY_AFTER_LEAST
  #isExpecting = false

  constructor(loop: Wakefulness = thisLoop) {
    this.#loop = loop
  }

  /** To be called when something has come, before it is handled. */
  arrived(): void {
    if (this.#isExpecting) this.#judge(this.#loop.isAwake())
  }

  /** To be called when something was sent or handled, so that something else may come soon. */
  expect(): void {
    // What is sent late was not waited for either.
    if (this.#isExpecting && !this.#loop.isAwake()) this.#judge(false)
    if (this.#score === 0 && ++this.#passed < this.#tryAfter) return
    this.#passed = 0
    this.#isExpecting = true
    this.#loop.stayAwake()
  }

  #judge(wasOfUse: boolean): void {
    this.#isExpecting = false
    if (wasOfUse) {
      this.#score = Math.min(this.#score + 1, MOST_SCORE)
      this.#tryAfter = TRY_AFTER_LEAST
    } else if (this.#score > 0) this.#score = Math.max(this.#score - 2, 0)
    else this.#tryAfter = Math.min(this.#tryAfter * 2, TRY_AFTER_MOST)
  }
}

/** What keeps an event loop from falling asleep. */
export interface Wakefulness {
  /** For a moment from now on. */
  stayAwake(): void
  /** That moment is not over. */
  isAwake(): boolean
}

/** How long. To fall asleep and be woken takes about as long. */
const AWAKE_MS = 0.05

const MOST_SCORE = 8

/** After so many times without an attempt there is one, after twice as many when that was in vain. */
const TRY_AFTER_LEAST = 32
const TRY_AFTER_MOST = 64

/** The loop of this thread: it does not sleep while an immediate waits. */
class Loop implements Wakefulness {
  #untilMs = 0
  #isLooking = false
  readonly #look = (): void => {
    if (this.isAwake()) atNextTurn(this.#look)
    else this.#isLooking = false
  }

  stayAwake(): void {
    this.#untilMs = performance.now() + AWAKE_MS
    if (this.#isLooking) return
    this.#isLooking = true
    atNextTurn(this.#look)
  }

  // By the clock: where this thread took the processor from the one it waits for, the message came too late.
  isAwake(): boolean {
    return performance.now() < this.#untilMs
  }
}

const thisLoop: Wakefulness = new Loop()
