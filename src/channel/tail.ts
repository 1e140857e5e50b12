/**
 * So much is copied between two looks whether the other end has made room: it reads about as much in the time, so that
 * about half of a long buffer needs no copy (docs/decisions/0015).
 */
const STEP_BYTES = 128 * 1024

/** In memory of this size, so that what is held can be released in parts. */
const PIECE_BYTES = 1024 * 1024

/** Copies of the bytes at the end of a buffer, made from its end on while its front is written. */
export class Tail {
  /** What stands before this was not copied. */
  start: number
  readonly #bytes: Uint8Array
  readonly #pieces: Buffer[] = []
  // How much of the last piece is not filled.
  #free = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.start = bytes.length
  }

  /** Copies some more, but nothing that stands before `front`. */
  grow(front: number): void {
    if (this.#free === 0) {
      this.#free = Math.min(PIECE_BYTES, this.start - front)
      this.#pieces.push(Buffer.allocUnsafeSlow(this.#free))
    }
    const step = Math.min(STEP_BYTES, this.#free, this.start - front)
    this.start -= step
    this.#free -= step
    this.#pieces.at(-1)?.set(this.#bytes.subarray(this.start, this.start + step), this.#free)
  }

  /** The copies, in the order of their bytes. */
  pieces(): Uint8Array[] {
    return this.#pieces.toReversed().map((piece, i) => (i === 0 ? piece.subarray(this.#free) : piece))
  }
}
