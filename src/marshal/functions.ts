import { checkFunction } from '../base/argument.ts'
import { encode } from '../codec/codec.ts'
import type { Payload } from '../codec/payload.ts'
import { keepPayload } from '../codec/transfer.ts'
import { graphHooks } from './graph-hooks.ts'
import type { EncodeForAny, ShippedFunction } from './marshal.ts'
import { ownerRooms } from './owner.ts'

export interface ShipOptions {
  /** Values of captured variables by name, where the runtime cannot tell them. */
  readonly captures?: Readonly<Record<string, unknown>> | undefined
}

let lastId = 0
const hooks = graphHooks(ownerRooms, undefined)

export const encodeForAny: EncodeForAny = (value, label) => keepPayload(encode(value, label, hooks))

/** As `encodeForAny`, for what is sent at once or kept with `keepPayload`: the buffers are still the user's. */
export const encodeLent: EncodeForAny = (value, label) => encode(value, label, hooks)

/** Captures a function at this moment, for any number of workers. */
export function shipFunction(fn: (...args: never) => unknown, _options: ShipOptions = {}): ShippedFunction {
  checkFunction('fn', fn)
  const payload: Payload = encodeForAny(fn, 'function')
  return { id: ++lastId, name: fn.name, payload, pure: false }
}
