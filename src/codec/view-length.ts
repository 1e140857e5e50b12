import { otherRuntime } from '../base/runtime.ts'

/**
 * Whether the length of a view follows that of its resizable buffer, as that of one that was made without a length does.
 * Nothing in the language tells; V8's serializer writes it down behind the view's other numbers (`length tracking` is
 * bit 0 of the last byte, since the format 14 of Node 20), without the buffer's content where that is transferred.
 */
export function tracksLength(view: ArrayBufferView): boolean {
  const { resizable } = view.buffer as ArrayBuffer & { readonly resizable?: boolean }
  if (resizable !== true) return false
  if (otherRuntime() === 'Bun') return false
  const { Serializer } = process.getBuiltinModule('node:v8')
  const writer = new Serializer()
  writer.transferArrayBuffer(0, view.buffer as ArrayBuffer)
  // A view of another class would be a host object.
  writer.writeValue(view)
  return ((writer.releaseBuffer().at(-1) ?? 0) & 1) === 1
}
