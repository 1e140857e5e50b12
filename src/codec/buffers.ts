import type { Deserializer, Serializer } from 'node:v8'
import { ValueUnreadableError } from '../base/errors.ts'
import { tracksLength } from './view-length.ts'

/** From this size on a buffer stays out of the body: to copy it would cost more than a piece of its own. */
const OUTSIDE_FROM = 32 * 1024

/** A stretch of an ArrayBuffer that travels in one piece, or memory that is shared instead. */
export interface Region {
  readonly buffer: ArrayBufferLike
  readonly start: number
  readonly length: number
  /** Of a resizable ArrayBuffer, else 0. */
  readonly maxLength: number
}

/** What of the buffers under a value travels, and what the value refers to. */
export interface Layout {
  readonly regions: readonly Region[]
  readonly views: readonly { readonly view: ArrayBufferView; readonly region: number }[]
  /** ArrayBuffers that the value refers to itself, each with its region. */
  readonly whole: readonly { readonly buffer: ArrayBuffer; readonly region: number }[]
}

/**
 * Decides what of each ArrayBuffer travels. All of it when the value refers to the buffer itself or to several views
 * of it; only the part that is seen when there is one view: a piece of a big file must not take the file along, nor a
 * Buffer the pool that Node cut it from, which holds other people's bytes.
 */
export function layOut(views: readonly ArrayBufferView[], buffers: readonly ArrayBuffer[]): Layout {
  const regions: Region[] = []
  const layout = {
    regions,
    views: [] as { view: ArrayBufferView; region: number }[],
    whole: [] as Layout['whole'][number][],
  }
  const regionOf = new Map<object, number>()
  for (const buffer of buffers) {
    const region = regions.push(wholeRegion(buffer)) - 1
    regionOf.set(buffer, region)
    layout.whole.push({ buffer, region })
  }
  const groups = new Map<ArrayBufferLike, ArrayBufferView[]>()
  for (const view of views) {
    const { buffer } = view
    const group = groups.get(buffer)
    if (group === undefined) groups.set(buffer, [view])
    else group.push(view)
  }
  for (const [buffer, group] of groups) {
    if (regionOf.has(buffer)) continue
    if (isShared(buffer) || isResizable(buffer) || (group.length > 1 && !arePooled(group)))
      regionOf.set(buffer, regions.push(wholeRegion(buffer)) - 1)
    else for (const view of group) regionOf.set(view, regions.push(seenRegion(view)) - 1)
  }
  for (const view of views) layout.views.push({ view, region: (regionOf.get(view.buffer) ?? regionOf.get(view))! })
  return layout
}

export function writeLayout(writer: Serializer, layout: Layout | undefined): void {
  writer.writeUint32(layout?.regions.length ?? 0)
  if (layout === undefined) return
  for (const region of layout.regions) {
    writer.writeDouble(isShared(region.buffer) ? SHARED : region.length)
    writer.writeDouble(region.maxLength)
    if (isShared(region.buffer)) continue
    if (region.length < OUTSIDE_FROM) writer.writeRawBytes(bytesOf(region))
  }
  writer.writeUint32(layout.views.length)
  for (const { view, region } of layout.views) {
    writer.writeUint32(typeOf(view))
    writer.writeUint32(region)
    writer.writeDouble(view.byteOffset - layout.regions[region]!.start)
    writer.writeDouble(tracksLength(view) ? TRACKS : view.byteLength)
  }
  writer.writeUint32(layout.whole.length)
  for (const { region } of layout.whole) writer.writeUint32(region)
}

/** The regions that do not stand in the body, in order. */
export function outsideRegions(layout: Layout | undefined): Region[] {
  if (layout === undefined) return []
  return layout.regions.filter((region) => region.length >= OUTSIDE_FROM && !isShared(region.buffer))
}

/** The memory under the value that is shared, in order. */
export function sharedMemory(layout: Layout): SharedArrayBuffer[] {
  return layout.regions.map(({ buffer }) => buffer).filter(isShared)
}

export function bytesOf(region: Region): Uint8Array {
  return new Uint8Array(region.buffer, region.start, region.length)
}

export interface ReadLayout {
  readonly views: readonly ArrayBufferView[]
  readonly whole: readonly ArrayBuffer[]
}

/** `outside` are the payload's buffers, which become the receiver's without a copy wherever their memory allows. */
export function readLayout(
  reader: Deserializer,
  outside: readonly Uint8Array[],
  shared: readonly SharedArrayBuffer[],
): ReadLayout {
  const regions: ArrayBufferLike[] = []
  let next = 0
  let nextShared = 0
  for (let left = reader.readUint32(); left > 0; left--) {
    const length = reader.readDouble()
    const maxLength = reader.readDouble()
    if (length === SHARED) {
      const memory = shared[nextShared++]
      if (memory === undefined) throw new ValueUnreadableError('Shared memory of this value did not arrive.')
      regions.push(memory)
      continue
    }
    // The body is only lent, so what stands in it is copied.
    const bytes = length < OUTSIDE_FROM ? reader.readRawBytes(length) : outside[next++]
    if (bytes?.byteLength !== length) throw new ValueUnreadableError('A buffer of this value did not arrive whole.')
    regions.push(toArrayBuffer(bytes, length >= OUTSIDE_FROM, maxLength))
  }
  if (regions.length === 0) return NOTHING
  const views: ArrayBufferView[] = []
  for (let left = reader.readUint32(); left > 0; left--) {
    const type = VIEW_TYPES[reader.readUint32()]!
    const buffer = regions[reader.readUint32()]!
    const offset = reader.readDouble()
    const bytes = reader.readDouble()
    views.push(makeView(type, buffer, offset, bytes === TRACKS ? undefined : bytes))
  }
  const whole: ArrayBuffer[] = []
  for (let left = reader.readUint32(); left > 0; left--) whole.push(regions[reader.readUint32()] as ArrayBuffer)
  return { views, whole }
}

/** Stands for the length of memory that is shared. */
const SHARED = -1

const NOTHING: ReadLayout = { views: [], whole: [] }

function isShared(buffer: ArrayBufferLike): buffer is SharedArrayBuffer {
  return buffer instanceof SharedArrayBuffer
}

/** In place of the length of a view that has none of its own. */
const TRACKS = -1

function wholeRegion(buffer: ArrayBufferLike): Region {
  const { maxByteLength } = buffer as ResizableBuffer
  return { buffer, start: 0, length: buffer.byteLength, maxLength: isResizable(buffer) ? maxByteLength! : 0 }
}

function isResizable(buffer: ArrayBufferLike): boolean {
  return (buffer as ResizableBuffer).resizable === true
}

function seenRegion(view: ArrayBufferView): Region {
  return { buffer: view.buffer as ArrayBuffer, start: view.byteOffset, length: view.byteLength, maxLength: 0 }
}

// Small Buffers share one pool of Node's. Only where they overlap can anybody see that.
function arePooled(group: readonly ArrayBufferView[]): boolean {
  if (!group.every((view) => Buffer.isBuffer(view))) return false
  const sorted = group.toSorted((a, b) => a.byteOffset - b.byteOffset)
  return sorted.every((view, i) => i === 0 || sorted[i - 1]!.byteOffset + sorted[i - 1]!.byteLength <= view.byteOffset)
}

// Part of ES2024, which the compiler's library for Node 20 does not name.
interface ResizableBuffer extends ArrayBuffer {
  readonly resizable?: boolean
  readonly maxByteLength?: number
}

function toArrayBuffer(bytes: Uint8Array, given: boolean, maxLength: number): ArrayBuffer {
  if (maxLength > 0) {
    const Resizable = ArrayBuffer as unknown as new (length: number, options: { maxByteLength: number }) => ArrayBuffer
    const buffer = new Resizable(bytes.byteLength, { maxByteLength: maxLength })
    new Uint8Array(buffer).set(bytes)
    return buffer
  }
  const buffer = bytes.buffer as ArrayBuffer
  return given && bytes.byteOffset === 0 && buffer.byteLength === bytes.byteLength
    ? buffer
    : (buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer)
}

// By position, so new ones are added at the end.
const VIEW_TYPES = [
  'Buffer',
  'Uint8Array',
  'Int8Array',
  'Uint8ClampedArray',
  'Uint16Array',
  'Int16Array',
  'Uint32Array',
  'Int32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
  'DataView',
  'Float16Array',
] as const

function typeOf(view: ArrayBufferView): number {
  if (Buffer.isBuffer(view)) return 0
  return VIEW_TYPES.indexOf(Object.prototype.toString.call(view).slice(8, -1) as (typeof VIEW_TYPES)[number])
}

type ViewClass = (new (buffer: ArrayBufferLike, offset: number, length?: number) => ArrayBufferView) & {
  readonly BYTES_PER_ELEMENT?: number
}

function makeView(
  type: (typeof VIEW_TYPES)[number],
  buffer: ArrayBufferLike,
  offset: number,
  bytes: number | undefined,
): ArrayBufferView {
  if (type === 'Buffer') return Buffer.from(buffer, offset, bytes)
  const View = (globalThis as unknown as Record<string, ViewClass | undefined>)[type]
  if (View === undefined) throw new ValueUnreadableError(`This version of Node has no ${type}.`)
  return bytes === undefined
    ? new View(buffer, offset)
    : new View(buffer, offset, bytes / (View.BYTES_PER_ELEMENT ?? 1))
}
