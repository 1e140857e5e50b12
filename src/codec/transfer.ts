import type { Region } from './buffers.ts'
import { bytesOf } from './buffers.ts'
import { takeMoved } from './move.ts'
import type { Payload } from './payload.ts'

/**
 * The bytes of regions that travel outside of the body. What was moved is taken from its last owner here, so that
 * nobody can write into it any more; the rest is lent.
 */
export function giveAway(all: readonly Region[], outside: readonly Region[]): Pick<Payload, 'buffers' | 'moved'> {
  const taken = new Map<ArrayBuffer, ArrayBuffer>()
  for (const { buffer } of all) {
    if (!(buffer instanceof ArrayBuffer)) continue
    const mine = takeMoved(buffer)
    if (mine !== undefined) taken.set(buffer, mine)
  }
  const moved = new Set<Uint8Array>()
  const buffers = outside.map((region) => {
    const buffer = taken.get(region.buffer as ArrayBuffer)
    const bytes = bytesOf(buffer === undefined ? region : { ...region, buffer })
    if (buffer !== undefined) moved.add(bytes)
    return bytes
  })
  return moved.size > 0 ? { buffers, moved } : { buffers }
}

/**
 * The payload for a sender that keeps it, to send it later or to several workers: what the user writes into buffers
 * from now on cannot reach it.
 */
export function keepPayload(payload: Payload): Payload {
  const { tag, body, buffers, moved, shared } = payload
  if (buffers.length === 0) return payload
  const kept = buffers.map((bytes) => (moved?.has(bytes) === true ? bytes : bytes.slice()))
  return shared === undefined ? { tag, body, buffers: kept } : { tag, body, buffers: kept, shared }
}
