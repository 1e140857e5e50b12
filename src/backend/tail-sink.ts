import type { OutputSink } from './output-pipe.ts'

/** Keeps the last bytes of what passes through, for error texts. */
export class TailSink implements OutputSink {
  readonly #next: OutputSink | undefined
  #chunks: Buffer[] = []
  #bytes = 0

  constructor(next: OutputSink | undefined) {
    this.#next = next
  }

  write(bytes: Buffer): boolean {
    this.#chunks.push(bytes)
    this.#bytes += bytes.length
    while (this.#bytes - (this.#chunks[0]?.length ?? 0) >= TAIL_BYTES) this.#bytes -= this.#chunks.shift()?.length ?? 0
    if (this.#chunks.length > TAIL_CHUNKS) this.#chunks = [Buffer.concat(this.#chunks)]
    return this.#next?.write(bytes) ?? true
  }

  drained(goOn: () => void): void {
    this.#next?.drained(goOn)
  }

  end(): void {
    this.#next?.end()
  }

  /** The last lines, whole ones if there is more than one, without the addresses below what Node said at its end. */
  text(): string {
    const text = Buffer.concat(this.#chunks).subarray(-TAIL_BYTES).toString('utf8')
    const lines = text.trimEnd().replaceAll(NATIVE_STACK, '').split('\n')
    if (this.#bytes > TAIL_BYTES && lines.length > 1) lines.shift()
    return lines.slice(-TAIL_LINES).join('\n')
  }
}

const TAIL_BYTES = 16 * 1024
const TAIL_CHUNKS = 64
const TAIL_LINES = 20

/** Up to forty lines in Node 26, which would push the reason out of the last lines. */
const NATIVE_STACK = /\n+-+ Native stack trace -+\n|\n ?\d+: 0x[\da-f]+ .*/g
