import { checkFunction } from '../base/argument.ts'
import { LruCache } from '../capture/lru.ts'
import { encode, encodeGraph } from '../codec/codec.ts'
import type { Payload } from '../codec/payload.ts'
import { keepPayload } from '../codec/transfer.ts'
import { graphHooks } from './graph-hooks.ts'
import type { EncodeForAny, ShippedFunction } from './marshal.ts'
import { rooms } from './rooms.ts'

export interface ShipOptions {
  /** Values of captured variables by name, in place of those that they have. */
  readonly captures?: Readonly<Record<string, unknown>> | undefined
  /** The workers share the memory of this thread, so that shared memory may be captured. */
  readonly sharesMemory?: boolean | undefined
}

const forAny = graphHooks(undefined, false)
const forAnyHere = graphHooks(undefined, true)

export const encodeForAny: EncodeForAny = (value, label, sharesMemory) =>
  keepPayload(encodeLent(value, label, sharesMemory))

/** As `encodeForAny`, for what is sent at once or kept with `keepPayload`: the buffers are still the user's. */
export const encodeLent: EncodeForAny = (value, label, sharesMemory) =>
  encode(value, label, sharesMemory ? forAnyHere : forAny)

/**
 * Captures a function at this moment, for any number of workers. The same function is captured again only where
 * something that it captured can have changed, and keeps its id where nothing did. A function without state of its own
 * has one id with all others of the same content, such as the arrow functions that a loop makes; one that has state
 * shares it with nobody.
 *
 * Throws `FunctionUnsendableError`.
 */
export function shipFunction(
  fn: (...args: never) => unknown,
  { captures, sharesMemory = false }: ShipOptions = {},
): ShippedFunction {
  checkFunction('fn', fn)
  const before = captures === undefined ? shipped.get(fn) : undefined
  if (before?.isUnchanged?.() === true) return before.shipped
  const hooks =
    captures === undefined ? (sharesMemory ? forAnyHere : forAny) : graphHooks(undefined, sharesMemory, captures)
  const graph = hooks.capture(fn, undefined)
  const payload = keepPayload(encodeGraph(graph, 'The function'))
  const { isStateless, purityIn, recheckOf } = rooms.verdict
  if (before !== undefined && isSame(before.shipped.payload, payload)) {
    // Only now, because it takes the module's source, which a function that is sent once does not need.
    if (!before.isJudged) before.isUnchanged = recheckOf(graph)
    before.isJudged = true
    return before.shipped
  }
  const content = isStateless(graph) ? contentOf(payload) : undefined
  let made = content === undefined ? undefined : byContent.get(content)
  if (made === undefined) {
    const purity = purityIn(graph)
    const pure = purity !== undefined
    made = { id: ++lastId, name: fn.name, payload, pure, keepsState: purity?.keepsState === true }
    if (content !== undefined) byContent.set(content, made, content.length)
  }
  if (captures === undefined) shipped.set(fn, { shipped: made, isJudged: false, isUnchanged: undefined })
  return made
}

interface Shipment {
  readonly shipped: ShippedFunction
  isJudged: boolean
  isUnchanged: (() => boolean) | undefined
}

let lastId = 0
const shipped = new WeakMap<object, Shipment>()

/** Bound: 1,000 functions of 4 M characters together. */
const byContent = new LruCache<string, ShippedFunction>(1_000, 4_000_000)
const LONGEST_CONTENT = 64 * 1024

function contentOf({ tag, body, buffers }: Payload): string | undefined {
  if (buffers.length > 0 || body.length > LONGEST_CONTENT) return undefined
  return `${tag}:${typeof body === 'string' ? body : Buffer.from(body).toString('latin1')}`
}

function isSame(one: Payload, other: Payload): boolean {
  if (one.tag !== other.tag || one.buffers.length !== other.buffers.length) return false
  const sameBody =
    typeof one.body === 'string' || typeof other.body === 'string'
      ? one.body === other.body
      : Buffer.compare(one.body, other.body) === 0
  const sameBytes = sameBody && one.buffers.every((bytes, i) => Buffer.compare(bytes, other.buffers[i]!) === 0)
  return sameBytes && isSameMemory(one.shared ?? [], other.shared ?? [])
}

function isSameMemory(one: readonly SharedArrayBuffer[], other: readonly SharedArrayBuffer[]): boolean {
  return one.length === other.length && one.every((memory, i) => memory === other[i])
}
