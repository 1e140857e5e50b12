import { types } from 'node:util'
import { type ViewParts, viewParts } from '../base/view-parts.ts'
import { hasOnlyItems } from '../base/view-keys.ts'
import type { BytesNode, Ref, ViewNode } from './graph.ts'
import { encodeProperties } from './properties.ts'
import { encodeSubclass } from './subclasses.ts'
import type { BufferUse, Walk } from './walk.ts'

export function encodeArrayBuffer(walk: Walk, buffer: ArrayBufferLike): Ref {
  useOf(walk, buffer).isWhole = true
  return walk.find(buffer) as Ref
}

export function encodeView(walk: Walk, view: ArrayBufferView): Ref {
  const { type: name = 'DataView', buffer, byteOffset, length } = partsOf(walk, view)
  const isShared = types.isSharedArrayBuffer(buffer)
  if (isShared) {
    checkShared(walk, 'lies on')
    if (canGrow(buffer)) walk.refuse('lies on a growable SharedArrayBuffer', 'Send a copy of it.')
  }
  const use = useOf(walk, buffer)
  const { views } = use
  // Nothing of it is sent, so that nothing is saved by sending a part.
  use.isWhole ||= isShared
  const isBuffer = name === 'Uint8Array' && Buffer.isBuffer(view)
  const type = isBuffer ? 'Buffer' : name
  const node: ViewNode = { kind: 'view', type, buffer: walk.find(buffer), offset: byteOffset, length }
  if (maxLengthOf(buffer) !== undefined) {
    const { tracksLength } = walk.options
    if (!tracksLength) walk.refuse('lies on a resizable ArrayBuffer', 'Send a copy of it.')
    if (asked(walk, () => tracksLength(view))) node.tracks = true
    // All of it, which may be used when the view or the buffer grows.
    use.isWhole = true
  }
  views.push(node)
  const ref = walk.add(view, node)
  const standard = isBuffer ? Buffer.prototype : (Reflect.get(globalThis, type) as { prototype: object }).prototype
  encodeSubclass(walk, view, node, standard)
  // Listing the keys of a long view takes a while.
  const keys = hasOnlyItems(view)
    ? []
    : Reflect.ownKeys(view).filter((key) => typeof key === 'symbol' || !/^\d+$/.test(key))
  if (keys.length > 0 || !Object.isExtensible(view)) walk.later(() => encodeProperties(walk, view, keys, node))
  return ref
}

function partsOf(walk: Walk, view: ArrayBufferView): ViewParts {
  return asked(walk, () => viewParts(view))
}

// Of a view that lies outside of its buffer, nobody can say what it was.
function asked<T>(walk: Walk, ask: () => T): T {
  try {
    return ask()
  } catch {
    return walk.refuse(
      'is a view that lies outside of its ArrayBuffer',
      'Send it before the buffer is made shorter or given away.',
    )
  }
}

/** Refuses shared memory, unless the receiver shares it. */
export function checkShared(walk: Walk, verb: 'is' | 'lies on'): void {
  if (walk.options.sharesMemory === true) return
  const copy = verb === 'is' ? 'new Uint8Array(memory).slice()' : 'slice()'
  walk.refuse(
    `${verb} a SharedArrayBuffer, which another process cannot share`,
    `Send a copy (\`${copy}\`), or take backend: 'thread'.`,
  )
}

/** Of a buffer that is only seen through views, only what they show is sent: a slice of a large file stays small. */
export function trimBuffers(walk: Walk): void {
  for (const { node, views, isWhole } of walk.buffers.values()) {
    if (isWhole || views.length === 0) continue
    const first = Math.min(...views.map(({ offset }) => offset))
    // Eight bytes are the largest unit that a view must be aligned to.
    const start = first - (first % 8)
    const end = Math.max(...views.map((view) => view.offset + view.length * unitSize(view.type)))
    node.bytes = node.bytes.subarray(start, Math.max(start, end))
    for (const view of views) view.offset -= start
  }
}

function useOf(walk: Walk, buffer: ArrayBufferLike): BufferUse {
  const known = walk.buffers.get(buffer)
  if (known) return known
  const node: BytesNode = { kind: 'bytes', bytes: bytesOf(walk, buffer) }
  const maxLength = maxLengthOf(buffer)
  if (maxLength !== undefined) node.maxLength = maxLength
  const use: BufferUse = { node, views: [], isWhole: false }
  walk.buffers.set(buffer, use)
  walk.add(buffer, node)
  const standard = types.isSharedArrayBuffer(buffer) ? SharedArrayBuffer.prototype : ArrayBuffer.prototype
  encodeSubclass(walk, buffer, node, standard)
  const keys = Reflect.ownKeys(buffer)
  // The bytes themselves go as those of an ordinary one.
  if (Object.getPrototypeOf(buffer) !== standard || keys.length > 0 || !Object.isExtensible(buffer)) {
    if (standard === SharedArrayBuffer.prototype)
      walk.refuse('is a SharedArrayBuffer with more than its memory', 'Send a plain one, and the rest beside it.')
    node.bytes = node.bytes.slice()
  }
  if (keys.length > 0 || !Object.isExtensible(buffer)) {
    // What it is, is seen through a view as well.
    use.isWhole = true
    walk.later(() => encodeProperties(walk, buffer, keys, node))
  }
  return use
}

function bytesOf(walk: Walk, buffer: ArrayBufferLike): Uint8Array {
  try {
    return new Uint8Array(buffer)
  } catch {
    return walk.refuse('is an ArrayBuffer that has been given away', 'Send it before it is transferred.')
  }
}

function maxLengthOf(buffer: ArrayBufferLike): number | undefined {
  if (types.isSharedArrayBuffer(buffer) || Reflect.get(ArrayBuffer.prototype, 'resizable', buffer) !== true)
    return undefined
  return Reflect.get(ArrayBuffer.prototype, 'maxByteLength', buffer) as number
}

function canGrow(buffer: ArrayBufferLike): boolean {
  return (buffer as { growable?: boolean }).growable === true
}

function unitSize(type: string): number {
  if (type === 'DataView' || type === 'Buffer') return 1
  return (Reflect.get(globalThis, type) as { BYTES_PER_ELEMENT: number }).BYTES_PER_ELEMENT
}
