/**
 * One value as bytes, ready for a channel. `tag` says which form `body` has (see codec.ts); big buffers stay out of
 * the body and travel behind it untouched, in the order in which the body refers to them.
 */
export interface Payload {
  readonly tag: number
  /** A string holds JSON text; a channel writes it as UTF-8, and what arrives is always bytes. */
  readonly body: string | Uint8Array
  readonly buffers: readonly Uint8Array[]
}
