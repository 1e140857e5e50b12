import { inspect } from 'node:util'

/**
 * Whether an array or a view has nothing but its items: no further keys, no symbols. Listing the keys of an array
 * takes longer than packing it; `util.inspect` is the one public way to V8's own list of keys without indices, and
 * its answer takes the same time for any length.
 */
export function hasOnlyItems(items: readonly unknown[] | ArrayBufferView): boolean {
  if (Array.isArray(items) && items.length <= LISTED) {
    return Object.keys(items).length === items.length && Object.getOwnPropertySymbols(items).length === 0
  }
  const text = inspect(items, BARE)
  return ONLY_ITEMS.test(text) || (items instanceof DataView && Reflect.ownKeys(items).length === 0)
}

const LISTED = 64
const BARE = { maxArrayLength: 0, depth: 0, customInspect: false, breakLength: Infinity, maxStringLength: 0 }
const ONLY_ITEMS = /^(?:\w+\(\d+\) )?(?:\[Uint8Array\] )?(?:\[\]|\[ \.\.\. \d+ more items? \])$/
