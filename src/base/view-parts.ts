/** What a view is and what it shows, as the language keeps it: its class may say something else. */
export interface ViewParts {
  /** `Uint8Array` and so on; undefined for a DataView. */
  readonly type: string | undefined
  readonly buffer: ArrayBufferLike
  readonly byteOffset: number
  /** In items; of a DataView in bytes. */
  readonly length: number
}

export function viewParts(view: ArrayBufferView): ViewParts {
  const type = typedArrayName(view)
  const prototype = type === undefined ? DataView.prototype : typedArray
  return {
    type,
    buffer: Reflect.get(prototype, 'buffer', view) as ArrayBufferLike,
    byteOffset: Reflect.get(prototype, 'byteOffset', view) as number,
    length: Reflect.get(prototype, type === undefined ? 'byteLength' : 'length', view) as number,
  }
}

export function typedArrayName(view: ArrayBufferView): string | undefined {
  return Reflect.get(typedArray, Symbol.toStringTag, view) as string | undefined
}

const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object
