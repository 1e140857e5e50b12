import { ArgumentError } from '../base/errors.ts'
import { otherRuntime } from '../base/runtime.ts'

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
  const { types } = process.getBuiltinModule('node:util')
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

/** The memory of a buffer that was moved, once: from then on nobody else can write into it. */
export function takeMoved(buffer: ArrayBuffer): ArrayBuffer | undefined {
  return marked.delete(buffer) ? detach(buffer) : undefined
}

// `ArrayBuffer.prototype.detached` came with Node 22.
export function isDetached(buffer: ArrayBuffer): boolean {
  if (buffer.byteLength > 0) return false
  try {
    return new Uint8Array(buffer).length > 0
  } catch {
    return true
  }
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
  const taken = structuredClone(buffer, { transfer: [buffer] })
  // Node 20 copies memory of WebAssembly instead; later versions throw.
  if (buffer.byteLength > 0 && otherRuntime() === undefined) throw new TypeError('It was copied.')
  return taken
}
