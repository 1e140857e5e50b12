import type { Message } from './messages.ts'

/** What a worker had begun, and what it had finished but not sent yet, at the moment it died. */
export interface Journal {
  /** The task, and the item within its map, that was begun last; nothing when the worker was idle. */
  readonly position: { readonly task: number; readonly index: number } | undefined
  /** Answers that were finished but had not left through the channel, in order. */
  readonly unsent: readonly Message[]
}
