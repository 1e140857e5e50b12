import type { PassThrough } from 'node:stream'
import type { OutputSink } from './output-pipe.ts'

/** A stream that the user reads. It does not keep the owner alive, and a reader who is slow holds the worker up. */
export class StreamSink implements OutputSink {
  readonly #stream: PassThrough

  constructor(stream: PassThrough) {
    this.#stream = stream
  }

  write(bytes: Buffer): boolean {
    return this.#stream.writableEnded || this.#stream.destroyed || this.#stream.write(bytes)
  }

  drained(goOn: () => void): void {
    const wake = (): void => {
      this.#stream.off('drain', wake)
      this.#stream.off('close', wake)
      goOn()
    }
    this.#stream.on('drain', wake)
    this.#stream.on('close', wake)
  }

  end(): void {
    this.#stream.end()
  }
}
