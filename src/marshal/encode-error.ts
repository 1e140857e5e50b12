import type { Payload } from '../codec/payload.ts'
import type { ErrorDescription } from '../codec/error.ts'
import { describeError } from '../codec/error.ts'
import { CaptureNeeded } from './graph-hooks.ts'

export interface ErrorWriter {
  encode(value: unknown, label: string): Payload
  /** Who this side is. */
  readonly place: string | undefined
  /** Whether to throw `CaptureNeeded` instead of leaving out what needs capture. */
  readonly waitForCapture: boolean
}

/** An error on its way: texts and plain fields, and beside them what may fail to be built at the other end. */
export interface SentError {
  readonly description: ErrorDescription
  readonly place?: string
  /** One payload with all of `rich`, or one for each of it that could travel. */
  readonly rich?: Payload | (Payload | undefined)[]
}

/** Encodes anything thrown. What cannot travel of it is left out; its texts always arrive. */
export function encodeError(error: unknown, writer: ErrorWriter): Payload {
  try {
    const { description, rich } = describeError(error)
    const sent: SentError = writer.place === undefined ? { description } : { description, place: writer.place }
    if (rich.length === 0) return writer.encode(sent, 'error')
    return writer.encode({ ...sent, rich: encodeRich(rich, writer) }, 'error')
  } catch (failure) {
    if (failure instanceof CaptureNeeded) throw failure
    return writer.encode(lastResort(error, failure, writer), 'error')
  }
}

function encodeRich(rich: readonly unknown[], writer: ErrorWriter): NonNullable<SentError['rich']> {
  try {
    return bare(writer.encode(rich, 'error'))
  } catch (failure) {
    if (failure instanceof CaptureNeeded && writer.waitForCapture) throw failure
    return rich.map((value) => {
      try {
        return bare(writer.encode(value, 'error'))
      } catch {
        return undefined
      }
    })
  }
}

// Nested, nothing is given away: it is copied with the rest.
function bare(payload: Payload): Payload {
  const { tag, body, buffers } = payload
  return { tag, body, buffers }
}

function lastResort(error: unknown, failure: unknown, writer: ErrorWriter): SentError {
  const message = plainText(error)
  const stack = `Error: ${message}\nIt could not be taken apart: ${plainText(failure)}`
  const description = { root: { error: 0 }, records: [{ base: 'Error', name: 'Error', message, stack, fields: [] }] }
  return writer.place === undefined ? { description } : { description, place: writer.place }
}

function plainText(value: unknown): string {
  try {
    return value instanceof Error ? String(value.stack ?? value.message) : String(value)
  } catch {
    return 'something that has no text'
  }
}
