import type { Payload } from '#dist/codec/payload.js'
import { Kind } from '#dist/channel/messages.js'
import type { Message } from '#dist/channel/messages.js'

/** A message for tests, with unused fields 0. */
export function message(fields: { kind?: number; task?: number; payload?: Partial<Payload> | undefined }): Message {
  const { kind = Kind.call, task = 0, payload } = fields
  const full = payload && { tag: 1, body: '', buffers: [], ...payload }
  return { kind, task, fn: 0, index: 0, count: 0, payload: full } as Message
}

/** What a received message says, in memory of its own, for comparisons after the handler has returned. */
export function plain(received: Message): unknown {
  const { payload, ...fields } = received
  if (payload === undefined) return { ...fields, payload: undefined }
  const { tag, body, buffers } = payload
  return {
    ...fields,
    payload: { tag, body: typeof body === 'string' ? body : new Uint8Array(body), buffers: buffers.map(copy) },
  }
}

function copy(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes)
}
