import { decode, encode } from '../codec/codec.ts'
import type { Payload } from '../codec/payload.ts'
import { Kind } from '../channel/messages.ts'
import type { Message } from '../channel/messages.ts'
import { decodeError } from './decode-error.ts'
import { encodeError } from './encode-error.ts'
import { CaptureNeeded, graphHooks } from './graph-hooks.ts'
import type { Marshal, ShippedFunction } from './marshal.ts'
import type { Rooms } from './rooms.ts'

export interface MarshalOptions {
  /** Who this side is, for the stacks of its errors: "worker PoolWorker-1, pid 123". */
  readonly place?: string | undefined
}

/** The marshal for one peer, over the parts of capture that this side has. */
export function createPeer(rooms: Rooms, options: MarshalOptions): Marshal {
  const hooks = graphHooks(rooms, {})
  const defined = new Set<number>()

  const encodeNow = (value: unknown, label: string): Payload => {
    const payload = encode(value, label, hooks)
    hooks.sent()
    return payload
  }

  // What it encodes once capture is there is what the value is then: a result that its task still changes after it
  // returned it may be seen changed, but never half.
  const soon = (attempt: () => Payload): Payload | Promise<Payload> => {
    try {
      return attempt()
    } catch (error) {
      if (!(error instanceof CaptureNeeded)) throw error
      return rooms.loadCapture().then(attempt)
    }
  }

  const encodeErrorWith = (error: unknown, waitForCapture: boolean): Payload =>
    encodeError(error, { encode: encodeNow, place: options.place, waitForCapture })

  return {
    encode: encodeNow,
    encodeSoon: (value, label) => soon(() => encodeNow(value, label)),
    decode: (payload) => decode(payload, hooks),
    encodeError: (error) => encodeErrorWith(error, false),
    encodeErrorSoon(error) {
      const payload = soon(() => encodeErrorWith(error, rooms.capture === undefined))
      return payload instanceof Promise ? payload.catch(() => encodeErrorWith(error, false)) : payload
    },
    decodeError: (payload, callSite) =>
      decodeError(payload, callSite, { decode: (inner) => decode(inner, hooks), mapStack: rooms.mapStack }),
    define(fn) {
      if (defined.has(fn.id)) return undefined
      defined.add(fn.id)
      return functionMessage(Kind.define, fn)
    },
    release(fn) {
      return defined.delete(fn.id) ? functionMessage(Kind.release, fn) : undefined
    },
  }
}

function functionMessage(kind: typeof Kind.define | typeof Kind.release, fn: ShippedFunction): Message {
  return { kind, task: 0, fn: fn.id, index: 0, count: 0, payload: kind === Kind.define ? fn.payload : undefined }
}
