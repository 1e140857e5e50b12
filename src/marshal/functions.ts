import { checkFunction } from '../base/argument.ts'
import type { Graph } from '../capture/graph.ts'
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
  /**
   * The function may be called this once only, so what only makes later calls cheaper waits for the next time: whether an
   * export is pure, for which its module has to be parsed.
   */
  readonly maybeOnce?: boolean | undefined
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
  { captures, sharesMemory = false, maybeOnce = false }: ShipOptions = {},
): ShippedFunction {
  checkFunction('fn', fn)
  const before = captures === undefined ? shipped.get(fn) : undefined
  if (before?.isUnchanged?.() === true) return before.shipped
  const hooks =
    captures === undefined ? (sharesMemory ? forAnyHere : forAny) : graphHooks(undefined, sharesMemory, captures)
  const graph = hooks.capture(fn, undefined)
  const payload = keepPayload(encodeGraph(graph, 'The function'))
  const { isExport, isStateless, recheckOf } = rooms.verdict
  if (before !== undefined && isSame(before.shipped.payload, payload)) {
    // Only now, because it takes the module's source, which a function that is sent once does not need.
    if (!before.isJudged) before.isUnchanged = recheckOf(graph)
    before.isJudged = true
    if (unjudged.has(before.shipped)) before.shipped = judged(before.shipped, graph)
    return before.shipped
  }
  const content = isStateless(graph) ? contentOf(payload) : undefined
  let made = content === undefined ? undefined : byContent.get(content)
  if (made === undefined) {
    made = { id: ++lastId, name: fn.name, payload, pure: false, keepsState: false }
    if (maybeOnce && isExport(graph)) unjudged.add(made)
    else made = judged(made, graph)
    if (content !== undefined) byContent.set(content, made, content.length)
  } else if (unjudged.has(made)) {
    made = judged(made, graph)
    if (content !== undefined) byContent.set(content, made, content.length)
  }
  if (captures === undefined) shipped.set(fn, { shipped: made, isJudged: false, isUnchanged: undefined })
  return made
}

interface Shipment {
  shipped: ShippedFunction
  isJudged: boolean
  isUnchanged: (() => boolean) | undefined
}

// What is known to be pure now is another function for its workers: what they hold of it was sent as one that may not be
// run again.
function judged(made: ShippedFunction, graph: Graph): ShippedFunction {
  const wasSent = unjudged.delete(made)
  const purity = rooms.verdict.purityIn(graph)
  if (purity === undefined) return made
  const { keepsState } = purity
  return { ...made, id: wasSent ? ++lastId : made.id, pure: true, keepsState }
}

let lastId = 0
/** Not asked yet whether they are pure. */
const unjudged = new WeakSet<ShippedFunction>()
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
