import type { Message } from '../channel/messages.ts'
import { Kind } from '../channel/messages.ts'
import { decode, encode } from '../codec/codec.ts'
import type { Payload } from '../codec/payload.ts'
import { decodeError } from './decode-error.ts'
import { encodeError } from './encode-error.ts'
import { graphHooks } from './graph-hooks.ts'
import type { Marshal, ShippedFunction } from './marshal.ts'

interface MarshalOptions {
  /** Who this side is, for the stacks of its errors: "worker PoolWorker-1, pid 123". */
  readonly place?: string | undefined
  /** Whether both sides share their memory, so that a SharedArrayBuffer may travel. */
  readonly sharesMemory?: boolean | undefined
}

/** The marshal for one peer: of an owner for one of its workers, or of a worker for its owner. */
export function createMarshal({ place, sharesMemory = false }: MarshalOptions = {}): Marshal {
  const hooks = graphHooks({}, sharesMemory)
  const defined = new Set<number>()

  const encodeNow = (value: unknown, label: string): Payload => {
    const payload = encode(value, label, hooks)
    hooks.sent()
    return payload
  }
  const decodeNow = (payload: Payload): unknown => decode(payload, hooks)

  return {
    encode: encodeNow,
    decode: decodeNow,
    encodeError: (error) => encodeError(error, encodeNow, place),
    decodeError: (payload, callSite) => decodeError(payload, callSite, decodeNow),
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
  const payload = kind === Kind.define ? fn.payload : undefined
  return { kind, task: 0, fn: fn.id, index: fn.pure ? (fn.keepsState ? 2 : 1) : 0, count: 0, payload }
}
