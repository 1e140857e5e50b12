import { ManycoreError, ValueUnreadableError, ValueUnsendableError } from '../base/errors.ts'
import { invariant } from '../base/invariant.ts'
import { textOf } from '../base/thrown-text.ts'
import { readClone, writeClone } from './clone.ts'
import { fits } from './longest.ts'
import { packDouble, packNumbers, unpackDouble, unpackDoubles, unpackIntegers } from './numbers.ts'
import type { Payload } from './payload.ts'
import { readProtected, writeProtected } from './protection.ts'
import { Form, survey } from './survey.ts'
import { Tag } from './tag.ts'

/** What the codec asks of capture, for everything that is not plain data: functions, instances of classes, accessors. */
export interface GraphHooks {
  /** Who it is for shares memory with this thread; without it `capture` refuses what lies on shared memory. */
  readonly sharesMemory?: boolean | undefined
  /** The value as plain data. Throws `ValueUnsendableError` or `FunctionUnsendableError` with the path from `label` on. */
  capture(value: unknown, label: string): unknown
  /** A promise only where modules must be imported first. */
  rebuild(graph: unknown): unknown
}

/** Encodes a value in the cheapest form that is exact. `label` begins the path in the texts of errors. */
export function encode(value: unknown, label: string, hooks: GraphHooks): Payload {
  switch (typeof value) {
    case 'number':
      return (value | 0) === value && (value !== 0 || 1 / value > 0)
        ? { tag: Tag.integer, body: `${value}`, buffers: NONE }
        : { tag: Tag.double, body: packDouble(value), buffers: NONE }
    case 'string':
      // UTF-8 cannot hold half of a surrogate pair, JSON escapes it.
      return isWellFormed(value) && fits(value)
        ? { tag: Tag.text, body: value, buffers: NONE }
        : (jsonPayload(Tag.json, value) ?? clonePayload(Tag.clone, value, survey(value), label))
    case 'undefined':
      return UNDEFINED
    case 'boolean':
      return value ? TRUE : FALSE
    default:
      if (value === null) return NULL
      return (Array.isArray(value) ? fitting(packNumbers(value)) : undefined) ?? encodeAny(value, label, hooks)
  }
}

/** Values that need no more than JSON or packed numbers; nothing for any other. Notes nothing and runs no code of theirs. */
export function encodePlain(values: readonly unknown[]): Payload | undefined {
  const packed = packNumbers(values) ?? packGaps(values)
  if (packed !== undefined) return fitting(packed)
  const { form, integrity } = survey(values)
  if (form !== Form.json || integrity.length > 0) return undefined
  return jsonPayload(Tag.json, values)
}

/** The JSON of a value that needs no more than JSON; nothing for any other. May throw what looking at the value throws. */
export function plainText(value: unknown): string | undefined {
  switch (typeof value) {
    case 'number':
      return value - value !== 0 || (value === 0 && 1 / value < 0) ? undefined : `${value}`
    case 'string':
      return JSON.stringify(value)
    case 'boolean':
      return value ? 'true' : 'false'
    case 'object': {
      if (value === null) return 'null'
      const { form, integrity } = survey(value)
      return form === Form.json && integrity.length === 0 ? JSON.stringify(value) : undefined
    }
    default:
      return undefined
  }
}

/** An array of which those items are undefined; in `text`, its JSON, something stands in their places. */
export function withGaps(text: string, gaps: readonly number[]): Payload {
  return { tag: Tag.gappedJson, body: `${gaps.join(' ')}\n${text}`, buffers: NONE }
}

/** What capture made of a value, in the cheapest form that is exact. */
export function encodeGraph(graph: unknown, label: string): Payload {
  const inGraph = survey(graph, true)
  invariant(inGraph.form !== Form.graph, 'A graph holds something that is no plain data.')
  const json = inGraph.form === Form.json ? jsonPayload(Tag.graphJson, graph) : undefined
  return json ?? clonePayload(Tag.graphClone, graph, inGraph, label)
}

/** The value of a payload. A promise only where modules must be imported first. Nothing of the body is kept. */
export function decode(payload: Payload, hooks: GraphHooks): unknown {
  const text = payload.body as string
  const bytes = payload.body as Uint8Array
  try {
    switch (payload.tag) {
      case Tag.undefined:
        return undefined
      case Tag.null:
        return null
      case Tag.false:
        return false
      case Tag.true:
        return true
      case Tag.integer:
        return Number(text)
      case Tag.double:
        return unpackDouble(bytes)
      case Tag.text:
        return text
      case Tag.json:
        return JSON.parse(text)
      case Tag.protectedJson:
        return readProtected(text)
      case Tag.gappedJson:
        return readGaps(text)
      case Tag.integers:
        return unpackIntegers(bytes)
      case Tag.doubles:
        return unpackDoubles(bytes)
      case Tag.clone:
        return readClone(payload)
      case Tag.graphJson:
        return whenRebuilt(hooks.rebuild(JSON.parse(text)))
      case Tag.graphClone:
        return whenRebuilt(hooks.rebuild(readClone(payload)))
    }
  } catch (cause) {
    throw unreadable(cause)
  }
  throw new ValueUnreadableError(`A value arrived in the unknown form ${payload.tag}.`)
}

const NONE: readonly Uint8Array[] = []
const UNDEFINED: Payload = { tag: Tag.undefined, body: '', buffers: NONE }
const NULL: Payload = { tag: Tag.null, body: '', buffers: NONE }
const FALSE: Payload = { tag: Tag.false, body: '', buffers: NONE }
const TRUE: Payload = { tag: Tag.true, body: '', buffers: NONE }

// Most functions that are run for what they do give nothing. Nothing for an array that is not of primitives.
function packGaps(values: readonly unknown[]): Payload | undefined {
  if (!values.includes(undefined)) return undefined
  const gaps: number[] = []
  const texts: string[] = []
  for (let at = 0; at < values.length; at++) {
    const value = values[at]
    if (value === undefined) gaps.push(at)
    else if (typeof value === 'object' && value !== null) return undefined
    const text = value === undefined ? 'null' : plainText(value)
    if (text === undefined) return undefined
    texts.push(text)
  }
  return withGaps(`[${texts.join(',')}]`, gaps)
}

function readGaps(text: string): unknown[] {
  const end = text.indexOf('\n')
  const values = JSON.parse(text.slice(end + 1)) as unknown[]
  for (const gap of text.slice(0, end).split(' ')) values[Number(gap)] = undefined
  return values
}

function encodeAny(value: unknown, label: string, hooks: GraphHooks): Payload {
  const found = survey(value)
  const { form, integrity } = found
  if (form === Form.json) {
    const json = integrity.length === 0 ? jsonPayload(Tag.json, value) : protectedPayload(value, integrity)
    if (json !== undefined) return json
  }
  if (form !== Form.graph && integrity.length === 0 && (!found.isShared || hooks.sharesMemory === true)) {
    return clonePayload(Tag.clone, value, found, label)
  }
  return encodeGraph(hooks.capture(value, label), label)
}

/**
 * Nothing where the text would be longer than a text can be (what JSON escapes takes up to six times its length) or than a
 * message carries.
 */
function jsonPayload(tag: number, value: unknown): Payload | undefined {
  try {
    return fitting({ tag, body: JSON.stringify(value), buffers: NONE })
  } catch {
    return undefined
  }
}

function fitting(payload: Payload | undefined): Payload | undefined {
  return payload === undefined || fits(payload.body) ? payload : undefined
}

function protectedPayload(value: unknown, integrity: readonly number[]): Payload | undefined {
  try {
    return fitting({ tag: Tag.protectedJson, body: writeProtected(value, integrity), buffers: NONE })
  } catch {
    return undefined
  }
}

function clonePayload(tag: number, value: unknown, found: ReturnType<typeof survey>, label: string): Payload {
  try {
    return { tag, ...writeClone(value, found) }
  } catch (cause) {
    throw new ValueUnsendableError(`${label} cannot be sent: ${textOf(cause)}`, label, { cause })
  }
}

// `String.prototype.isWellFormed` is in Node 20, but not in the compiler's library for it.
function isWellFormed(text: string): boolean {
  return (text as string & { isWellFormed(): boolean }).isWellFormed()
}

function whenRebuilt(value: unknown): unknown {
  if (!(value instanceof Promise)) return value
  return value.catch((cause: unknown) => {
    throw unreadable(cause)
  })
}

function unreadable(cause: unknown): ManycoreError {
  if (cause instanceof ManycoreError) return cause
  return new ValueUnreadableError(`A value arrived but could not be built again: ${textOf(cause)}`, { cause })
}
