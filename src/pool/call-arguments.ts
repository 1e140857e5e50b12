import type { Payload } from '../codec/payload.ts'
import { encodeLent } from '../marshal/functions.ts'
import { arePrimitive } from './items.ts'

/**
 * The arguments of a call while it waits: a copy of primitive ones, or the bytes of any others. Where there is one, and it
 * is primitive, it stands for itself: an array of it would be a tenth of the memory that a waiting call keeps.
 */
export type CallArguments = readonly unknown[] | Payload | string | number | bigint | boolean | null | undefined

/** Throws when one of them cannot travel. */
export function argumentsFrom(args: readonly unknown[], sharesMemory: boolean): CallArguments {
  if (!arePrimitive(args)) return encodeLent(args, 'args', sharesMemory)
  return args.length === 1 ? (args[0] as CallArguments) : args.slice()
}

/** Whether they are in bytes, and not still as they are. */
export function isEncoded(args: CallArguments): args is Payload {
  return typeof args === 'object' && args !== null && !Array.isArray(args)
}

/** Those that are not in bytes, as an array. */
export function tupleOf(args: Exclude<CallArguments, Payload>): readonly unknown[] {
  return Array.isArray(args) ? args : [args]
}
