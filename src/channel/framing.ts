import { longest } from '../codec/longest.ts'
import { Kind } from './messages.ts'
import type { Message } from './messages.ts'

/**
 * How a message lies in a stream of bytes; {@link file://./README.md} shows the layout. The writing end is
 * {@link file://./frame-writer.ts}, the reading end {@link file://./frame-reader.ts}.
 */
export const HEADER_BYTES = 40

/** One entry of the table of buffer lengths, a float64. */
export const LENGTH_BYTES = 8

/** Everything small is gathered in, and lent from, blocks of this size. */
export const BLOCK_BYTES: number = 64 * 1024

/** The longest body, in bytes. A JavaScript string of ASCII is shorter than that by itself. */
export const MAX_BODY_BYTES: number = longest.bodyBytes

/** The longest single out-of-band buffer, in bytes. */
export const MAX_BUFFER_BYTES: number = longest.bufferBytes

/** The most out-of-band buffers of one message. */
export const MAX_BUFFERS: number = longest.buffers

/** Not ASCII and no first byte of UTF-8, so that text written to the channel by mistake is never taken for a frame. */
export const MAGIC = 0xb5

/** Where each field of the header lies. Numbers are little-endian; f64 is exact for every whole number we count to. */
export const At = {
  magic: 0, // u8
  kind: 1, // u8
  flags: 2, // u8
  tag: 3, // u8
  bodyBytes: 4, // u32
  task: 8, // f64
  fn: 16, // f64
  index: 24, // f64
  count: 32, // u32
  buffers: 36, // u32
} as const

export const Flag = {
  payload: 1,
  /** The body was a string and is UTF-8. */
  text: 2,
  /** The text has only ASCII, which is read faster. */
  ascii: 4,
} as const

/** Answers for a byte whether it is the number of a kind. */
export const isKind: readonly (true | undefined)[] = kinds()

/** The frame of a message that says nothing but its kind. */
export function bareFrame(kind: number): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES)
  bytes[At.magic] = MAGIC
  bytes[At.kind] = kind
  return bytes
}

/** How many bytes the frame of a message takes at most. */
export function mostBytes(message: Message): number {
  const payload = message.payload
  if (payload === undefined) return HEADER_BYTES
  let bytes = HEADER_BYTES + (typeof payload.body === 'string' ? payload.body.length * 3 : payload.body.length)
  for (const buffer of payload.buffers) bytes += LENGTH_BYTES + buffer.length
  return bytes
}

function kinds(): true[] {
  const known: true[] = []
  for (const kind of Object.values(Kind)) known[kind] = true
  return known
}
