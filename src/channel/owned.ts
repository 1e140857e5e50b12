import type { Message } from './messages.ts'

/** The message, to be kept: the bytes of a body are only lent to a handler. */
export function owned(message: Message): Message {
  const { payload } = message
  if (payload === undefined || typeof payload.body === 'string') return message
  // `slice` of a Buffer would not copy them.
  return { ...message, payload: { ...payload, body: new Uint8Array(payload.body) } }
}
