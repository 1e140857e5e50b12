import { holdProgram } from '../base/event-loop.ts'

/**
 * Keeps the program alive while something is pending, and lets it end as soon as nothing is. The workers themselves
 * never do, so that the count stands in one place.
 */
export class KeepAlive {
  #holds = 0
  #timer: NodeJS.Timeout | undefined

  hold(): void {
    if (this.#holds++ > 0) return
    if (this.#timer === undefined) this.#timer = holdProgram()
    else this.#timer.ref()
  }

  release(): void {
    if (--this.#holds === 0) this.#timer?.unref()
  }

  end(): void {
    this.#timer?.close()
    this.#timer = undefined
  }
}
