import { inspect } from 'node:util'

/**
 * Whether an array or a view has nothing but its items: no further keys, no symbols. Listing the keys of an array
 * takes longer than packing it; `util.inspect` is the one public way to V8's own list of keys without indices, and
 * its answer takes the same time for any length.
 *
 * On arrays of up to 64 items that can be added to, keys that are not enumerable are not looked for: that would take as
 * long as all of the rest (docs/decisions/0019).
 */
export function hasOnlyItems(items: readonly unknown[] | ArrayBufferView): boolean {
  if (Array.isArray(items)) {
    if (items.length > LISTED) return ONLY_ITEMS.test(inspect(items, BARE))
    return Object.keys(items).length === items.length && Object.getOwnPropertySymbols(items).length === 0
  }
  const view = items as ArrayBufferView
  if (view instanceof DataView) return Reflect.ownKeys(view).length === 0
  const { length } = view as Uint8Array
  return length <= SHORT ? Reflect.ownKeys(view).length === length : ONLY_BYTES.test(inspect(view, BARE))
}

/**
 * Whether an item of a short array is an accessor, which reading it would run. Long arrays are read at once, as
 * `structuredClone()` does.
 */
export function mayHaveGetters(items: readonly unknown[]): boolean {
  if (items.length > SHORT) return false
  for (let i = 0; i < items.length; i++) if (lookupGetter.call(items, i) !== undefined) return true
  return false
}

const LISTED = 64
const SHORT = 16
const BARE = {
  maxArrayLength: 0,
  depth: 0,
  customInspect: false,
  breakLength: Infinity,
  maxStringLength: 0,
  showHidden: true,
}
const ONLY_ITEMS = /^\[(?: \.\.\. \d+ more items?,)? \[length\]: \d+ \]$/
// Of a Buffer Node shows some accessors of its prototype too. A buffer with keys of its own does not match either.
const ONLY_BYTES =
  /^[\w()[\] ]+? \[ \.\.\. \d+ more items?, \[BYTES_PER_ELEMENT\]: \d+, \[length\]: \d+, \[byteLength\]: \d+, \[byteOffset\]: \d+, \[buffer\]: (?:Shared)?ArrayBuffer \{ \[?byteLength\]?: \d+ \}(?:, parent: \[Getter\], offset: \[Getter\])? \]$/

// The only look at a property that makes no object.
const { __lookupGetter__: lookupGetter } = Object.prototype as unknown as { __lookupGetter__(key: number): unknown }
