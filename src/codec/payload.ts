import { Tag } from './tag.ts'

/**
 * One value as bytes, ready for a channel. `tag` says which form `body` has (see codec.ts); big buffers stay out of
 * the body and travel behind it untouched, in the order in which the body refers to them.
 */
export interface Payload {
  readonly tag: number
  /**
   * A string holds JSON text. It arrives in the form in which it was sent: text as a string, bytes as bytes, and the
   * bytes are only lent (see `Channel.onMessage`). Made for this payload and never changed afterwards, so a channel
   * may keep it without a copy, and one payload may be sent through many channels.
   */
  readonly body: string | Uint8Array
  /** Views of the sender's own memory, which the channel copies; what arrives owns its memory alone. */
  readonly buffers: readonly Uint8Array[]
  /**
   * Those of `buffers` whose memory was given away for this payload and belongs to nobody else: a channel may keep
   * them without a copy or transfer them, so such a payload can be sent only once. Each is the whole of its memory.
   */
  readonly moved?: ReadonlySet<Uint8Array> | undefined
  /** Memory that both ends use together, which only a channel within one process can carry. */
  readonly shared?: readonly SharedArrayBuffer[] | undefined
}

/** Whether to read it again may run code, or gives something that can be seen from outside: it has more than plain data. */
export function isMoreThanData({ tag, shared }: Payload): boolean {
  return tag === Tag.graphJson || tag === Tag.graphClone || shared !== undefined
}
