import { inspect, types } from 'node:util'

/**
 * Whether a view has nothing but its items: no further keys, no symbols, hidden or not. Listing the keys of a long one
 * takes longer than sending it; `util.inspect` is the one public way to V8's own list of keys without indices, and its
 * answer takes the same time for any length.
 */
export function hasOnlyItems(view: ArrayBufferView): boolean {
  if (types.isDataView(view)) return Reflect.ownKeys(view).length === 0
  const length = Reflect.get(typedArray, 'length', view) as number
  if (length <= SHORT || !isAsInspectTakesIt(view)) return Reflect.ownKeys(view).length === length
  return ONLY_BYTES.test(inspect(view, BARE))
}

const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object

// A class of the user's may have put code of its own where `inspect` looks.
function isAsInspectTakesIt(view: ArrayBufferView): boolean {
  let at: object | null = Object.getPrototypeOf(view) as object | null
  for (; at !== null && !isBuiltin(at); at = Object.getPrototypeOf(at) as object | null) {
    if (READ_BY_INSPECT.some((key) => Object.hasOwn(at as object, key))) return false
    const constructor: unknown = Object.getOwnPropertyDescriptor(at, 'constructor')?.value
    if (typeof constructor !== 'function' || !Object.getOwnPropertyDescriptor(constructor, 'name')?.value) return false
  }
  return at !== null
}

const READ_BY_INSPECT = ['length', 'buffer', 'byteLength', 'byteOffset', 'BYTES_PER_ELEMENT', Symbol.toStringTag]

// The prototype of a kind of typed array, or of all, in whichever realm: only a builtin function has such a text.
function isBuiltin(prototype: object): boolean {
  const constructor: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value
  if (typeof constructor !== 'function' || constructor.prototype !== prototype) return false
  return BUILTIN.test(Function.prototype.toString.call(constructor))
}

const BUILTIN = /^function \w*Array\(\) \{ \[native code\] \}$/

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
