import { ArgumentError } from '../base/errors.ts'
import { longest } from '../codec/longest.ts'
import type { Payload } from '../codec/payload.ts'
import { Tag } from '../codec/tag.ts'
import { encodeForAny } from '../marshal/functions.ts'

/**
 * An item as it was at the call, so that nothing that the caller changes afterwards is seen by a worker: primitives
 * (and, for calls, tuples of primitives) as they are, to be encoded together when they are sent; everything else as the
 * bytes that it has at the call.
 */
export type Item = unknown

/** An item in bytes. JSON text may be joined with others; any other form travels alone, as an array of one. */
class Encoded {
  readonly text: string | undefined
  readonly payload: Payload

  constructor(payload: Payload) {
    this.payload = payload
    this.text = payload.tag === Tag.json && typeof payload.body === 'string' ? payload.body.slice(1, -1) : undefined
  }
}

// More than this is not put into one message, unless it is a single item.
const MOST_LENGTH = 128 * 1024

// JSON escapes half of a surrogate pair in six; with what stands around it there is room for more than that.
const MOST_BYTES_OF_CHARACTER = 8

/**
 * Items as they are now, `first` being the position of the first of them. Gives the array itself when it may be kept as
 * it is, so it must be the pool's own. `tuples`: each item is an array of arguments.
 */
export function snapshot(values: unknown[], first: number, tuples: boolean, sharesMemory: boolean): Item[] {
  if (tuples) return values.map((value, at) => snapshotTuple(value, first + at, sharesMemory))
  for (let at = 0; at < values.length; at++) {
    if (!staysAsItIs(values[at])) values[at] = new Encoded(encodeOne(values[at], `items[${first + at}]`, sharesMemory))
  }
  return values
}

/** As `snapshot`, but ends before the first value that cannot travel, and tells why. */
export function snapshotUntilRefused(
  values: unknown[],
  first: number,
  sharesMemory: boolean,
): { readonly items: Item[]; readonly refused: { readonly reason: unknown } | undefined } {
  for (let at = 0; at < values.length; at++) {
    if (staysAsItIs(values[at])) continue
    try {
      values[at] = new Encoded(encodeOne(values[at], `items[${first + at}]`, sharesMemory))
    } catch (reason) {
      return { items: values.slice(0, at), refused: { reason } }
    }
  }
  return { items: values, refused: undefined }
}

/** How many items from `from` on, at most `most`, travel in one message. */
export function countTogether(items: readonly Item[], from: number, most: number): number {
  const first = items[from]
  const end = Math.min(items.length, from + most)
  if (first instanceof Encoded && first.text === undefined) return 1
  let length = 0
  let at = from
  if (first instanceof Encoded) {
    for (; at < end; at++) {
      const item = items[at]
      if (!(item instanceof Encoded) || item.text === undefined) break
      if ((length += item.text.length) > MOST_LENGTH) break
    }
  } else {
    for (; at < end; at++) {
      const item = items[at]
      if (typeof item === 'number') continue
      if (item instanceof Encoded) break
      if (typeof item === 'string' && (length += item.length) > MOST_LENGTH) break
    }
  }
  return Math.max(1, at - from)
}

/** The payload of items that travel together. */
export function encodeItems(items: readonly Item[]): Payload {
  const first = items[0]
  if (!(first instanceof Encoded)) return encodeForAny(items, 'items', false)
  if (items.length === 1) return first.payload
  return { tag: Tag.json, body: `[${items.map((item) => (item as Encoded).text).join(',')}]`, buffers: [] }
}

/** The arguments that an item stands for; `star`: it is an array of them. */
export function argumentsOf(item: Item, star: boolean): readonly unknown[] | Payload {
  if (item instanceof Encoded) return item.payload
  return star ? (item as readonly unknown[]) : [item]
}

/** Whether a message can carry them as they are, whenever that will be. */
export function arePrimitive(values: readonly unknown[]): boolean {
  let length = 0
  for (const value of values) {
    if (!isPrimitive(value)) return false
    if (typeof value === 'string') length += value.length
  }
  return length <= longest.bodyBytes / MOST_BYTES_OF_CHARACTER
}

function staysAsItIs(value: unknown): boolean {
  return (
    isPrimitive(value) && (typeof value !== 'string' || value.length <= longest.bodyBytes / MOST_BYTES_OF_CHARACTER)
  )
}

function isPrimitive(value: unknown): boolean {
  if (value === null) return true
  const type = typeof value
  return type !== 'object' && type !== 'function' && type !== 'symbol'
}

function snapshotTuple(value: unknown, at: number, sharesMemory: boolean): Item {
  if (!Array.isArray(value)) throw new ArgumentError(`items[${at}] of starmap() must be an array of arguments.`)
  return arePrimitive(value) ? value.slice() : new Encoded(encodeOne(value, `items[${at}]`, sharesMemory))
}

function encodeOne(value: unknown, label: string, sharesMemory: boolean): Payload {
  try {
    return encodeForAny([value], label, sharesMemory)
  } catch (error) {
    // Once more without the array of one, so that the text names the path as the caller sees it.
    encodeForAny(value, label, sharesMemory)
    throw error
  }
}
