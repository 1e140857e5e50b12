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
   * the high-water mark; `drained()` then tells when to go on. After the end of the channel it does nothing.
   */
  send(message: Message): boolean

  /** Sends what is queued now instead of at the next microtask. */
  flush(): void

  /** Resolves as soon as less than the high-water mark is waiting, and at once when the channel ends. */
  drained(): Promise<void>

  /**
   * Takes each message as it arrives. The bytes of its payload's body are only lent until the handler returns;
   * its `buffers` are given away. A handler that throws ends the channel.
   */
  onMessage: (message: Message) => void

  /** Called once, after the last message: without an error when either side closed it properly. */
  onClose: (error: ChannelError | undefined) => void

  /** Stops and resumes reading, which bounds the other end's sending. */
  pause(): void
  resume(): void

  /** Sends what is queued, then ends. */
  close(): void

  /** Ends at once. */
  destroy(): void

  /** Whether an open channel keeps this process alive. */
  ref(): void
  unref(): void
}
