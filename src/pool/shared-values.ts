import type { Payload } from '../codec/payload.ts'
import { sharedNow } from '../codec/shared-context.ts'
import { encodeForAny } from '../marshal/functions.ts'

let last: Payload | undefined

/**
 * What the caller shares with its tasks, as it is now; the same payload as the last time where it says the same, so that
 * such calls can travel together. Throws when a value cannot travel.
 */
export function sharedValues(sharesMemory: boolean): Payload | undefined {
  const values = sharedNow()
  if (values === undefined) return undefined
  const payload = encodeForAny(values, 'shareContext', sharesMemory)
  if (typeof payload.body !== 'string' || payload.buffers.length > 0) return payload
  if (last?.body !== payload.body || last.tag !== payload.tag) last = payload
  return last
}
