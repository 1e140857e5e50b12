/**
 * How long the parts of one message may be. Whoever makes a payload refuses what is longer, so that it costs its own task
 * only. An object, so that a test can do without gigabytes.
 */
export const longest: { bodyBytes: number; bufferBytes: number; buffers: number } = {
  /** 1 GiB. */
  bodyBytes: 2 ** 30,
  /** Of one out-of-band buffer: 4 GiB, the longest that Node 20 can make. */
  bufferBytes: 2 ** 32,
  buffers: 2 ** 20,
}

/** Whether a message can carry this body. */
export function fits(body: string | Uint8Array): boolean {
  const { bodyBytes } = longest
  if (typeof body !== 'string') return body.length <= bodyBytes
  return body.length * 3 <= bodyBytes || (body.length <= bodyBytes && Buffer.byteLength(body) <= bodyBytes)
}

/** Throws what a text tells as the reason when a message cannot carry these. */
export function checkLengths(body: Uint8Array, buffers: readonly { readonly length: number }[]): void {
  if (!fits(body)) throw tooLong('its values take', body.length, longest.bodyBytes)
  for (const { length } of buffers)
    if (length > longest.bufferBytes) throw tooLong('one of its buffers takes', length, longest.bufferBytes)
  if (buffers.length > longest.buffers)
    throw new RangeError(
      `it has ${buffers.length} long buffers, and a message carries at most ${longest.buffers}. Send it in smaller pieces.`,
    )
}

function tooLong(what: string, bytes: number, limit: number): RangeError {
  return new RangeError(
    `${what} ${bytes} bytes, and a message carries at most ${limit}. ` +
      'Send it in smaller pieces, its numbers and bytes in typed arrays or Buffers, or send the path of a file.',
  )
}
