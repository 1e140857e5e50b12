import { ValueUnsendableError } from '../base/errors.ts'
import type { Payload } from '../codec/payload.ts'
import {
  At,
  BLOCK_BYTES,
  Flag,
  HEADER_BYTES,
  LENGTH_BYTES,
  MAGIC,
  MAX_BODY_BYTES,
  MAX_BUFFER_BYTES,
  MAX_BUFFERS,
} from './framing.ts'
import type { Message } from './messages.ts'

/** Takes the bytes of frames in order. */
export interface FrameSink {
  /** The block is full: take `block[0 … used - 1]`, and give a block to go on with. */
  turn(block: Buffer, used: number): Buffer
  /** Takes bytes that stand behind all blocks so far. `kept` means nobody will change them. */
  bulk(bytes: Uint8Array, kept: boolean): void
}

/**
 * Writes messages as frames. Small ones go straight into the current block, so that a tiny message allocates
 * nothing; long bodies and out-of-band buffers are handed to the sink as they are.
 */
export class FrameWriter {
  block: Buffer
  used = 0
  readonly #sink: FrameSink
  #view: DataView

  constructor(sink: FrameSink) {
    this.#sink = sink
    this.block = Buffer.allocUnsafeSlow(BLOCK_BYTES)
    this.#view = viewOf(this.block)
  }

  write(message: Message): void {
    const payload = message.payload
    if (payload === undefined) {
      this.#reserve(HEADER_BYTES)
      this.#header(message, 0, 0, 0, 0)
      return
    }
    const body = payload.body
    const buffers = payload.buffers.length
    const head = HEADER_BYTES + buffers * LENGTH_BYTES
    let most: number
    if (buffers > 0) checkBuffers(payload)
    if (typeof body !== 'string') {
      const bytes = body.length
      if (head + bytes <= BLOCK_BYTES) {
        this.#reserve(head + bytes)
        this.#header(message, Flag.payload, payload.tag, bytes, buffers)
        if (buffers > 0) this.#lengths(payload)
        this.block.set(body, this.used)
        this.used += bytes
      } else this.#long(message, payload, Flag.payload, body)
    } else if (head + body.length <= BLOCK_BYTES && head + (most = mostBytesOf(body)) <= BLOCK_BYTES) {
      this.#reserve(head + most)
      const start = this.used
      const bytes = writeText(this.block, body, start + head)
      const flags = bytes === body.length ? Flag.payload | Flag.text | Flag.ascii : Flag.payload | Flag.text
      this.#header(message, flags, payload.tag, bytes, buffers)
      if (buffers > 0) this.#lengths(payload)
      this.used = start + head + bytes
    } else {
      if (body.length > MAX_BODY_BYTES) throw tooLong('body', body.length, MAX_BODY_BYTES)
      const bytes = Buffer.from(body)
      this.#long(message, payload, Flag.payload | Flag.text | (bytes.length === body.length ? Flag.ascii : 0), bytes)
    }
    if (buffers > 0) this.#buffers(payload)
  }

  /** Replaces the block, after the sink took it outside of `turn`. */
  restart(block: Buffer): void {
    this.used = 0
    if (block === this.block) return
    this.block = block
    this.#view = viewOf(block)
  }

  #reserve(bytes: number): void {
    if (this.used + bytes > BLOCK_BYTES) this.restart(this.#sink.turn(this.block, this.used))
  }

  #header(message: Message, flags: number, tag: number, bodyBytes: number, buffers: number): void {
    const at = this.used
    const view = this.#view
    view.setUint32(at, MAGIC | (message.kind << 8) | (flags << 16) | (tag << 24), true)
    view.setUint32(at + At.bodyBytes, bodyBytes, true)
    view.setFloat64(at + At.task, message.task, true)
    view.setFloat64(at + At.fn, message.fn, true)
    view.setFloat64(at + At.index, message.index, true)
    view.setUint32(at + At.count, message.count, true)
    view.setUint32(at + At.buffers, buffers, true)
    this.used = at + HEADER_BYTES
  }

  #lengths(payload: Payload): void {
    for (const buffer of payload.buffers) {
      // There is room, unless the frame is longer than a block.
      this.#reserve(LENGTH_BYTES)
      this.#view.setFloat64(this.used, buffer.length, true)
      this.used += LENGTH_BYTES
    }
  }

  #long(message: Message, payload: Payload, flags: number, body: Uint8Array): void {
    if (body.length > MAX_BODY_BYTES) throw tooLong('body', body.length, MAX_BODY_BYTES)
    this.#reserve(HEADER_BYTES)
    this.#header(message, flags, payload.tag, body.length, payload.buffers.length)
    this.#lengths(payload)
    this.#bulk(body, true)
  }

  #buffers(payload: Payload): void {
    for (const buffer of payload.buffers) {
      if (this.used + buffer.length <= BLOCK_BYTES) {
        this.block.set(buffer, this.used)
        this.used += buffer.length
      } else this.#bulk(buffer, payload.moved?.has(buffer) ?? false)
    }
  }

  #bulk(bytes: Uint8Array, kept: boolean): void {
    if (this.used > 0) this.restart(this.#sink.turn(this.block, this.used))
    this.#sink.bulk(bytes, kept)
  }
}

function viewOf(block: Buffer): DataView {
  return new DataView(block.buffer, block.byteOffset, block.byteLength)
}

// A call into C++ costs more than the loop for the short texts that most tiny messages are.
function writeText(block: Buffer, text: string, at: number): number {
  const length = text.length
  if (length > 32) return block.write(text, at)
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0x7f) return block.write(text, at)
    block[at + i] = code
  }
  return length
}

// Counting takes longer than a little room that stays empty.
function mostBytesOf(text: string): number {
  return text.length * 3 <= BLOCK_BYTES / 4 ? text.length * 3 : Buffer.byteLength(text)
}

function checkBuffers(payload: Payload): void {
  if (payload.buffers.length > MAX_BUFFERS) throw tooLong('list of buffers', payload.buffers.length, MAX_BUFFERS)
  for (const buffer of payload.buffers) {
    if (buffer.length > MAX_BUFFER_BYTES) throw tooLong('buffer', buffer.length, MAX_BUFFER_BYTES)
  }
}

function tooLong(part: string, length: number, limit: number): ValueUnsendableError {
  return new ValueUnsendableError(
    `A message's ${part} is ${length} long, and a channel carries at most ${limit}: send it in parts.`,
    'message',
  )
}
