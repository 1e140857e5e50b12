import { types } from 'node:util'
import { isPlainArray } from '../base/plain-array.ts'
import type { Payload } from './payload.ts'
import { Tag } from './tag.ts'

// Below this many, JSON is as quick.
const FEWEST = 8

/**
 * An array of only numbers as packed integers or doubles; nothing when it is something else. Exact for every number,
 * -0 and NaN included.
 */
export function packNumbers(array: readonly unknown[]): Payload | undefined {
  if (types.isProxy(array)) return undefined
  const length = array.length
  if (length < FEWEST || !isPlainArray(array)) return undefined
  if (typeof array[0] !== 'number' || typeof array[length - 1] !== 'number') return undefined
  const tag = tagFor(array)
  return tag === undefined ? undefined : packed(tag, array as readonly number[], tag === Tag.integers ? 4 : 8)
}

// Apart, because the first long array makes V8 compile the loop while it runs, with what follows it left out: each array
// after that would fall back to slow code behind the loop, for the first thousand of them.
function tagFor(array: readonly unknown[]): typeof Tag.integers | typeof Tag.doubles | undefined {
  let whole = true
  for (let i = 0; i < array.length; i++) {
    const item = array[i]
    if (typeof item !== 'number') return undefined
    if ((item | 0) !== item || (item === 0 && 1 / item < 0)) whole = false
  }
  return whole ? Tag.integers : Tag.doubles
}

// Through memory of its own, because a view for each number would cost more than the number.
const one = new Float64Array(1)
const oneBytes = new Uint8Array(one.buffer)

export function packDouble(value: number): Uint8Array {
  one[0] = value
  const bytes = new Uint8Array(8)
  for (let i = 0; i < 8; i++) bytes[i] = oneBytes[i]!
  return bytes
}

export function unpackDouble(body: Uint8Array): number {
  if (body.byteLength !== 8) throw new RangeError('a packed number has eight bytes')
  for (let i = 0; i < 8; i++) oneBytes[i] = body[i]!
  return one[0]!
}

export function unpackIntegers(body: Uint8Array): number[] {
  return unpack(body, 4)
}

export function unpackDoubles(body: Uint8Array): number[] {
  return unpack(body, 8)
}

function packed(tag: number, numbers: readonly number[], width: 4 | 8): Payload {
  const bytes = Buffer.allocUnsafe(numbers.length * width)
  const target = numbersIn(bytes, width)
  for (let i = 0; i < numbers.length; i++) target[i] = numbers[i]!
  return { tag, body: bytes, buffers: [] }
}

function unpack(body: Uint8Array, width: 4 | 8): number[] {
  if (body.byteLength % width !== 0) throw new RangeError('packed numbers end within a number')
  // The body lies anywhere in its channel's memory, and an array of doubles needs an address that 8 divides. It may be a
  // Buffer, whose own slice() does not copy.
  const aligned = body.byteOffset % width === 0 ? body : Uint8Array.prototype.slice.call(body)
  const source = numbersIn(aligned, width)
  const numbers = new Array<number>(source.length)
  for (let i = 0; i < source.length; i++) numbers[i] = source[i]!
  return numbers
}

function numbersIn(bytes: Uint8Array, width: 4 | 8): Int32Array | Float64Array {
  const length = bytes.byteLength / width
  return width === 4
    ? new Int32Array(bytes.buffer, bytes.byteOffset, length)
    : new Float64Array(bytes.buffer, bytes.byteOffset, length)
}
