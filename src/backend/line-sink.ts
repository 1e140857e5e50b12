import type { OutputSink } from './output-pipe.ts'
import type { OwnStream } from './own-stream.ts'

/** Passes on whole lines, so that the lines of many workers do not mix. */
export class LineSink implements OutputSink {
  readonly #target: OwnStream
  #held: Buffer[] = []
  #heldBytes = 0

  constructor(target: OwnStream) {
    this.#target = target
  }

  write(bytes: Buffer): boolean {
    // A carriage return ends what a progress display draws.
    const cut = Math.max(bytes.lastIndexOf(10), bytes.lastIndexOf(13)) + 1
    if (cut === 0) {
      this.#hold(bytes)
      return this.#heldBytes < LONGEST_LINE || this.#release()
    }
    const lines =
      this.#held.length === 0 ? bytes.subarray(0, cut) : Buffer.concat([...this.#held, bytes.subarray(0, cut)])
    this.#held = []
    this.#heldBytes = 0
    if (cut < bytes.length) this.#hold(bytes.subarray(cut))
    return this.#target.write(lines)
  }

  drained(goOn: () => void): void {
    this.#target.drained(goOn)
  }

  end(): void {
    this.#release()
  }

  #hold(bytes: Buffer): void {
    this.#held.push(bytes)
    this.#heldBytes += bytes.length
  }

  #release(): boolean {
    if (this.#heldBytes === 0) return true
    const bytes = Buffer.concat(this.#held)
    this.#held = []
    this.#heldBytes = 0
    return this.#target.write(bytes)
  }
}

const LONGEST_LINE = 64 * 1024
