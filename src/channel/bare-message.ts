import type { Payload } from '../codec/payload.ts'
import type { Message } from './messages.ts'

/** A message that says nothing but its kind, and what is in its payload. */
export function bareMessage(kind: Message['kind'], payload?: Payload): Message {
  return { kind, task: 0, fn: 0, index: 0, count: 0, payload }
}
