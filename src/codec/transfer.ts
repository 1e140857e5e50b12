import { types } from 'node:util'
import { ArgumentError } from '../base/errors.ts'
import type { Region } from './buffers.ts'
import { bytesOf, isDetached } from './buffers.ts'
import type { Payload } from './payload.ts'

/**
 * Gives a buffer away: it is detached at this call and what comes back has its memory, to be sent once without a copy
 * on this side. Worth it from some megabytes on.
 *
 * ```ts
 * const image = new Uint8Array(50_000_000)
 * await pool.apply(resize, [move(image)])
 * image.length // 0
 * ```
 *
 * @throws ArgumentError `MC_ARGUMENT_INVALID` for anything but an ArrayBuffer or a view of a whole one; a small Buffer
 * is a part of the pool that Node cut it from and cannot be given away: send it as it is.
 */
export function move<T extends ArrayBuffer | ArrayBufferView>(buffer: T): T {
  if (types.isArrayBuffer(buffer)) return take(buffer, buffer) as T
  if (!ArrayBuffer.isView(buffer) || !types.isArrayBuffer(buffer.buffer)) {
    throw new ArgumentError('move() takes an ArrayBuffer or a view of one; memory that is shared cannot be given away.')
  }
  const view: ArrayBufferView = buffer
  if (view.byteLength !== view.buffer.byteLength) {
    throw new ArgumentError(
      `move() got a view of ${view.byteLength} bytes of an ArrayBuffer of ${view.buffer.byteLength}, which others may use too. ` +
        'Send it without move(): it is copied then.',
    )
  }
  const { length } = view as { length?: number }
  const taken = take(view.buffer as ArrayBuffer, view)
  const View = view.constructor as new (buffer: ArrayBuffer, offset: number, length?: number) => T
  if (!Buffer.isBuffer(view)) return new View(taken, 0, length)
  return Buffer.from(taken) as unknown as T
}

/**
 * The bytes of regions that travel outside of the body. What was moved is taken from its last owner here, so that
 * nobody can write into it any more; the rest is lent.
 */
export function giveAway(all: readonly Region[], outside: readonly Region[]): Pick<Payload, 'buffers' | 'moved'> {
  const taken = new Map<ArrayBuffer, ArrayBuffer>()
  for (const { buffer } of all) if (marked.delete(buffer)) taken.set(buffer, detach(buffer))
  const moved = new Set<Uint8Array>()
  const buffers = outside.map((region) => {
    const buffer = taken.get(region.buffer)
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
  const { tag, body, buffers, moved } = payload
  if (buffers.length === 0) return payload
  return { tag, body, buffers: buffers.map((bytes) => (moved?.has(bytes) === true ? bytes : bytes.slice())) }
}

const marked = new WeakSet<ArrayBuffer>()

function take(buffer: ArrayBuffer, named: unknown): ArrayBuffer {
  const kind = Object.prototype.toString.call(named).slice(8, -1)
  if (isDetached(buffer)) throw new ArgumentError(`move() got a ${kind} whose memory was given away before.`)
  let mine: ArrayBuffer
  try {
    mine = detach(buffer)
  } catch (cause) {
    throw new ArgumentError(`move() cannot take this ${kind}, whose memory Node keeps. Send it without move().`, {
      cause,
    })
  }
  marked.add(mine)
  return mine
}

// `ArrayBuffer.prototype.transfer` came with Node 22.
function detach(buffer: ArrayBuffer): ArrayBuffer {
  return structuredClone(buffer, { transfer: [buffer] })
}
