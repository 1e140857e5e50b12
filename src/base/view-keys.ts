import { inspect } from 'node:util'

/**
 * Whether a view has nothing but its items: no further keys, no symbols, hidden or not. Listing the keys of a long one
 * takes longer than sending it; `util.inspect` is the one public way to V8's own list of keys without indices, and its
 * answer takes the same time for any length.
 */
export function hasOnlyItems(view: ArrayBufferView): boolean {
  if (view instanceof DataView) return Reflect.ownKeys(view).length === 0
  const { length } = view as Uint8Array
  return length <= SHORT ? Reflect.ownKeys(view).length === length : ONLY_BYTES.test(inspect(view, BARE))
}

const SHORT = 16
const BARE = {
  maxArrayLength: 0,
  depth: 0,
  customInspect: false,
  breakLength: Infinity,
  maxStringLength: 0,
  showHidden: true,
}
// Of a Buffer Node shows some accessors of its prototype too. A buffer with keys of its own does not match either.
const ONLY_BYTES =
  /^[\w()[\] ]+? \[ \.\.\. \d+ more items?, \[BYTES_PER_ELEMENT\]: \d+, \[length\]: \d+, \[byteLength\]: \d+, \[byteOffset\]: \d+, \[buffer\]: (?:Shared)?ArrayBuffer \{ \[?byteLength\]?: \d+ \}(?:, parent: \[Getter\], offset: \[Getter\])? \]$/
