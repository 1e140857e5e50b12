import type { ChannelError } from '../base/errors.ts'
import type { Message } from './messages.ts'

/**
 * Messages between two ends, in order, each at most once. Implemented over a pipe ({@link file://./pipe.ts}), a
 * MessagePort and in memory; the same contract suite runs on all of them.
 */
export interface Channel {
  /**
   * Queues a message; it leaves at the next microtask or as soon as enough has been queued. What the message refers
   * to may be changed by the caller afterwards: the receiver never sees it. Returns false when more is waiting than
   * the high-water mark; `drained()` then tells when to go on. After the end of the channel it does nothing. Throws a
   * `ValueUnsendableError`, and sends nothing of it, when a part of the payload is longer than a channel carries, or
   * there is no memory to post it to a thread.
   */
  send(message: Message): boolean

  /** Sends what is queued now instead of at the next microtask. */
  flush(): void

  /** Bytes that were queued and are still in this process; what the system took arrives even if this process dies. */
  readonly waiting: number

  /** Resolves as soon as nothing is waiting, and at once when the channel ends. */
  emptied(): Promise<void>

  /** Resolves as soon as less than the high-water mark is waiting, and at once when the channel ends. */
  drained(): Promise<void>

  /**
   * Takes each message as it arrives, one at a time, never from inside of a call to this channel. The bytes of its
   * payload's body are only lent until the handler returns; its `buffers` are given away. A handler that throws ends the
   * channel.
   */
  onMessage: (message: Message) => void

  /**
   * Called once, after the last message: without an error when either side closed it properly or this side destroyed
   * it, else with `MC_CHANNEL_CORRUPT` for something that is no message, or `MC_CHANNEL_CLOSED`.
   */
  onClose: (error: ChannelError | undefined) => void

  /** Stops and resumes reading, which bounds the other end's sending. While paused no end is noticed either. */
  pause(): void
  resume(): void

  /**
   * Sends what is queued, then ends. What the other end still sends is delivered; it ends too as soon as it has read
   * everything.
   */
  close(): void

  /** For the end of the process, when no event loop comes any more: sends what is queued, however long that takes. */
  finish(): void

  /** Ends at once. */
  destroy(): void

  /** Whether an open channel keeps this process alive. */
  ref(): void
  unref(): void
}

/** Whether a channel ended in the middle because the process at its other end did, which nobody here is to blame for. */
export function otherEndLeft(error: ChannelError | undefined): boolean {
  const { code } = (error?.cause ?? {}) as NodeJS.ErrnoException
  return code === 'EPIPE' || code === 'ECONNRESET'
}
