import type { Payload } from '../codec/payload.ts'
import type { Message } from '../channel/messages.ts'

/**
 * Turns values into payloads and back, for one peer. It joins the codec (values ⇄ bytes) with capture (functions and
 * classes ⇄ data, loaded when the first of them is met) and remembers what the peer already has.
 */
export interface Marshal {
  /** Throws `ValueUnsendableError` or `FunctionUnsendableError`; `label` begins the path in their texts. */
  encode(value: unknown, label: string): Payload
  /** A promise only where modules must be imported first. Throws or rejects with `ValueUnreadableError`. */
  decode(payload: Payload): unknown
  /** Never throws: what cannot travel of the error is left out, and its texts always arrive. */
  encodeError(error: unknown): Payload
  /**
   * The error with its class where that can be had, else a `RemoteError`; `callSite` is an Error made where the
   * task was submitted, whose frames are joined behind the remote ones.
   */
  decodeError(payload: Payload, callSite?: Error): unknown
  /** The `define` message that the peer needs before it can call this function, or nothing when it has it. */
  define(fn: ShippedFunction): Message | undefined
  /** The `release` message for a function that the peer has and that will not be called again. */
  release(fn: ShippedFunction): Message | undefined
}

/** A function captured at one moment; made by `shipFunction`. The same content has the same id. */
export interface ShippedFunction {
  readonly id: number
  readonly name: string
  readonly payload: Payload
  /** True when running it again, with plain data, cannot be noticed from outside of its worker. */
  readonly pure: boolean
  /** With `pure`: a run may change what an earlier run gave. */
  readonly keepsState: boolean
}

/**
 * As `Marshal.encode`, but for a peer that is not chosen yet: the payload carries everything it needs, and any worker's
 * marshal can decode it. `sharesMemory`: all of them share the memory of this thread. {@link file://./functions.ts} exports
 * one as `encodeForAny`; a pool takes its snapshots with it.
 */
export type EncodeForAny = (value: unknown, label: string, sharesMemory: boolean) => Payload
