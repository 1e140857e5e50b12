import { inSources } from '../marshal/sent-code.ts'
import type { OutputSink } from './output-pipe.ts'

/**
 * Rewrites the frames of stacks that a worker prints to where they stand in the sources. Only the owner can: it has
 * the source maps of the functions that it sent. Nothing else of the output is touched.
 */
export class SourceSink implements OutputSink {
  readonly #next: OutputSink

  constructor(next: OutputSink) {
    this.#next = next
  }

  write(bytes: Buffer): boolean {
    return this.#next.write(bytes.includes(FRAME) ? mapped(bytes) : bytes)
  }

  drained(goOn: () => void): void {
    this.#next.drained(goOn)
  }

  end(): void {
    this.#next.end()
  }
}

const FRAME = '    at '

function mapped(bytes: Buffer): Buffer {
  const text = bytes.toString('utf8')
  const inSourceTerms = inSources(text)
  // What is no UTF-8, or begins or ends within a character, is passed on as it is.
  return inSourceTerms === text || !Buffer.from(text).equals(bytes) ? bytes : Buffer.from(inSourceTerms)
}
