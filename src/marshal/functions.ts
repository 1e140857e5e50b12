import { checkFunction } from '../base/argument.ts'
import { encode } from '../codec/codec.ts'
import { keepPayload } from '../codec/transfer.ts'
import { graphHooks } from './graph-hooks.ts'
import type { EncodeForAny, ShippedFunction } from './marshal.ts'

export interface ShipOptions {
  /** Values of captured variables by name, where the runtime cannot tell them. */
  readonly captures?: Readonly<Record<string, unknown>> | undefined
}

let lastId = 0
const forAny = graphHooks(undefined)

export const encodeForAny: EncodeForAny = (value, label) => keepPayload(encode(value, label, forAny))

/** As `encodeForAny`, for what is sent at once or kept with `keepPayload`: the buffers are still the user's. */
export const encodeLent: EncodeForAny = (value, label) => encode(value, label, forAny)

/** Captures a function at this moment, for any number of workers. */
export function shipFunction(fn: (...args: never) => unknown, { captures }: ShipOptions = {}): ShippedFunction {
  checkFunction('fn', fn)
  const hooks = captures === undefined ? forAny : graphHooks(undefined, captures)
  const payload = keepPayload(encode(fn, 'function', hooks))
  return { id: ++lastId, name: fn.name, payload, pure: false }
}
