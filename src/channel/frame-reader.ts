import { ChannelError } from '../base/errors.ts'
import type { Payload } from '../codec/payload.ts'
import {
  At,
  BLOCK_BYTES,
  Flag,
  HEADER_BYTES,
  isKind,
  LENGTH_BYTES,
  MAGIC,
  MAX_BODY_BYTES,
  MAX_BUFFER_BYTES,
  MAX_BUFFERS,
} from './framing.ts'
import type { Message } from './messages.ts'

/**
 * Reads frames out of a stream of bytes. Put bytes at the start of `target()`, say how many with `received()`, then
 * take messages with `next()` until it gives none. Small bodies are lent from the block until the next call; a body
 * that is longer than the block is assembled, and out-of-band buffers are received in their own memory directly.
 *
 * `next()` and `end()` throw `MC_CHANNEL_CORRUPT` for bytes that are no frame. The reader must not be used after that.
 */
export class FrameReader {
  readonly #block: Buffer = Buffer.allocUnsafeSlow(BLOCK_BYTES)
  readonly #view: DataView = new DataView(this.#block.buffer)
  // Bytes of the block from #start to #end were received and not used yet.
  #start = 0
  #end = 0
  // A frame whose header was read: its table and body, when they do not fit into the block, then its buffers.
  #long: Buffer | undefined
  #longFilled = 0
  #unfinished: Unfinished | undefined

  target(): Uint8Array {
    const unfinished = this.#unfinished
    if (unfinished !== undefined) return unfinished.current.subarray(unfinished.filled)
    if (this.#long !== undefined) return this.#long.subarray(this.#longFilled)
    return this.#end === 0 ? this.#block : this.#block.subarray(this.#end)
  }

  received(bytes: number): void {
    if (this.#unfinished !== undefined) this.#unfinished.filled += bytes
    else if (this.#long !== undefined) this.#longFilled += bytes
    else this.#end += bytes
  }

  next(): Message | undefined {
    if (this.#unfinished !== undefined) return this.#fill(this.#unfinished)
    if (this.#long !== undefined) return this.#assemble(this.#long)
    const have = this.#end - this.#start
    if (have < HEADER_BYTES) return this.#more(HEADER_BYTES)
    const head = this.#start
    const view = this.#view
    const block = this.#block
    const flags = block[head + At.flags] as number
    const bodyBytes = view.getUint32(head + At.bodyBytes, true)
    const buffers = view.getUint32(head + At.buffers, true)
    const task = view.getFloat64(head + At.task, true)
    const fn = view.getFloat64(head + At.fn, true)
    const index = view.getFloat64(head + At.index, true)
    if (
      block[head] !== MAGIC ||
      isKind[block[head + At.kind] as number] !== true ||
      bodyBytes > MAX_BODY_BYTES ||
      buffers > MAX_BUFFERS ||
      flags > 7 ||
      ((flags & Flag.payload) === 0 && (flags !== 0 || bodyBytes !== 0 || buffers !== 0)) ||
      !isCount(task) ||
      !isCount(fn) ||
      !isCount(index)
    ) {
      throw nonsense(block.subarray(head, head + HEADER_BYTES))
    }
    const section = buffers * LENGTH_BYTES + bodyBytes
    if (have < HEADER_BYTES + section) {
      if (HEADER_BYTES + section <= BLOCK_BYTES) return this.#more(HEADER_BYTES + section)
      return this.#lengthen(section)
    }
    const body = head + HEADER_BYTES + buffers * LENGTH_BYTES
    this.#start = body + bodyBytes
    const payload = flags === 0 ? undefined : read(block, block[head + At.tag] as number, flags, body, body + bodyBytes)
    const message = {
      kind: block[head + At.kind] as number,
      task,
      fn,
      index,
      count: view.getUint32(head + At.count, true),
      payload,
    } as Message
    if (buffers === 0) return message
    return this.#begin(message, view, head + HEADER_BYTES, buffers)
  }

  /** To be called when no more bytes will come. */
  end(): void {
    const rest = this.#end - this.#start
    if (rest === 0 && this.#unfinished === undefined && this.#long === undefined) return
    throw new ChannelError(
      'MC_CHANNEL_CORRUPT',
      'The channel ended in the middle of a message: the other end died or closed it while it was sending.',
    )
  }

  // Makes room in the block for the rest of a frame of which only a part has come.
  #more(needed: number): undefined {
    if (this.#start === this.#end) {
      this.#start = 0
      this.#end = 0
    } else if (this.#start + needed > BLOCK_BYTES) {
      this.#block.copyWithin(0, this.#start, this.#end)
      this.#end -= this.#start
      this.#start = 0
    }
    return undefined
  }

  // The header stays at the front of the block while table and body gather in memory of their own.
  #lengthen(section: number): undefined {
    const long = allocate(section)
    const body = this.#start + HEADER_BYTES
    this.#block.copy(long, 0, body, this.#end)
    this.#longFilled = this.#end - body
    this.#block.copyWithin(0, this.#start, body)
    this.#start = 0
    this.#end = HEADER_BYTES
    this.#long = long
    return undefined
  }

  #assemble(long: Buffer): Message | undefined {
    if (this.#longFilled < long.length) return undefined
    const view = this.#view
    const block = this.#block
    const flags = block[At.flags] as number
    const buffers = view.getUint32(At.buffers, true)
    const body = buffers * LENGTH_BYTES
    const message = {
      kind: block[At.kind] as number,
      task: view.getFloat64(At.task, true),
      fn: view.getFloat64(At.fn, true),
      index: view.getFloat64(At.index, true),
      count: view.getUint32(At.count, true),
      payload: read(long, block[At.tag] as number, flags, body, long.length),
    } as Message
    this.#long = undefined
    this.#start = 0
    this.#end = 0
    if (buffers === 0) return message
    return this.#begin(message, new DataView(long.buffer), 0, buffers)
  }

  #begin(message: Message, table: DataView, at: number, buffers: number): Message | undefined {
    const lengths: number[] = []
    for (let i = 0; i < buffers; i++) {
      const length = table.getFloat64(at + i * LENGTH_BYTES, true)
      if (!isCount(length) || length > MAX_BUFFER_BYTES) {
        throw new ChannelError(
          'MC_CHANNEL_CORRUPT',
          `The channel carried something that is no message: a buffer of ${length} bytes, where the limit is ` +
            `${MAX_BUFFER_BYTES}. ${HINT}`,
        )
      }
      lengths.push(length)
    }
    const current = allocate(lengths[0] as number)
    return this.#fill((this.#unfinished = { message, lengths, buffers: [], current, filled: 0 }))
  }

  #fill(unfinished: Unfinished): Message | undefined {
    for (;;) {
      const missing = unfinished.current.length - unfinished.filled
      const here = Math.min(missing, this.#end - this.#start)
      if (here > 0) {
        this.#block.copy(unfinished.current, unfinished.filled, this.#start, this.#start + here)
        this.#start += here
        unfinished.filled += here
      }
      if (here < missing) return undefined
      unfinished.buffers.push(new Uint8Array(unfinished.current.buffer))
      if (unfinished.buffers.length === unfinished.lengths.length) break
      unfinished.current = allocate(unfinished.lengths[unfinished.buffers.length] as number)
      unfinished.filled = 0
    }
    this.#unfinished = undefined
    const { message, buffers } = unfinished
    const { tag, body } = message.payload as Payload
    return { ...message, payload: { tag, body, buffers } }
  }
}

/** A message of which some buffers are still to come. */
interface Unfinished {
  readonly message: Message
  readonly lengths: readonly number[]
  readonly buffers: Uint8Array[]
  current: Buffer
  filled: number
}

const NO_BUFFERS: readonly Uint8Array[] = []
const HINT = 'Did something else write to its file descriptor?'

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}

function read(bytes: Buffer, tag: number, flags: number, start: number, end: number): Payload {
  if ((flags & Flag.text) === 0) return { tag, body: bytes.subarray(start, end), buffers: NO_BUFFERS }
  try {
    const body = bytes.toString((flags & Flag.ascii) === 0 ? 'utf8' : 'latin1', start, end)
    return { tag, body, buffers: NO_BUFFERS }
  } catch (cause) {
    throw unholdable(end - start, cause)
  }
}

// Memory of its own, exactly as long as asked for, and not zeroed first.
function allocate(bytes: number): Buffer {
  try {
    return Buffer.allocUnsafeSlow(bytes)
  } catch (cause) {
    throw unholdable(bytes, cause)
  }
}

function unholdable(bytes: number, cause: unknown): ChannelError {
  return new ChannelError('MC_CHANNEL_CORRUPT', `The channel announced ${bytes} bytes, for which there is no memory.`, {
    cause,
  })
}

function nonsense(header: Uint8Array): ChannelError {
  const shown = Buffer.from(header)
  const text = shown.toString('latin1')
  // eslint-disable-next-line no-control-regex
  const asText = /^[\x09-\x7e]+$/.test(text) ? ` (${JSON.stringify(text)})` : ''
  return new ChannelError(
    'MC_CHANNEL_CORRUPT',
    `The channel carried something that is no message: ${shown.toString('hex')}${asText}. ${HINT}`,
  )
}
