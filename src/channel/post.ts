import { HEADER_BYTES } from './framing.ts'

/**
 * What one end of a port posts to the other. Messages are posted several at a time, as one flat array of numbers, texts
 * and bytes, which a structured clone takes fastest. A number alone says how many bytes the sender has handled since it
 * last said so, `null` that it will send no more.
 */
export type Post = PostValue[] | number | null

export type PostValue = number | string | Uint8Array | readonly PostMemory[] | undefined
export type PostMemory = Uint8Array | SharedArrayBuffer

/**
 * Of a message in a post: kind, task, fn, index, count, tag, body, buffers (behind them what is shared), and its bytes for
 * the credit.
 */
export const FIELDS = 9

/** A message that says nothing but its kind. */
export function barePost(kind: number): Post {
  return [kind, 0, 0, 0, 0, undefined, undefined, undefined, HEADER_BYTES]
}
