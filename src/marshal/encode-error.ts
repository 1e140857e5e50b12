import { textOf } from '../base/thrown-text.ts'
import type { Payload } from '../codec/payload.ts'
import type { ErrorDescription } from '../codec/error.ts'
import { describeError } from '../codec/error.ts'
import { rooms } from './rooms.ts'

type Encode = (value: unknown, label: string) => Payload

/** An error on its way: texts and plain fields, and beside them what may fail to be built at the other end. */
export interface SentError {
  readonly description: ErrorDescription
  readonly place?: string
  /** One payload with all of `rich`, or one for each of it that could travel. */
  readonly rich?: Payload | (Payload | undefined)[]
}

/** Encodes anything thrown. What cannot travel of it is left out; its texts always arrive. `place` says where it was. */
export function encodeError(error: unknown, encode: Encode, place: string | undefined): Payload {
  const where = place === undefined ? {} : { place }
  try {
    const { description, rich } = describeError(error, isClosed)
    if (rich.length === 0) return encode({ description, ...where }, 'error')
    return encode({ description, ...where, rich: encodeRich(rich, encode) }, 'error')
  } catch (failure) {
    return encode({ description: lastResort(error, failure), ...where }, 'error')
  }
}

function isClosed(error: object): boolean {
  try {
    return rooms.capture.keepsHiddenState(error)
  } catch {
    // One that cannot be looked into is taken apart like any other.
    return false
  }
}

function encodeRich(rich: readonly unknown[], encode: Encode): NonNullable<SentError['rich']> {
  try {
    return bare(encode(rich, 'error'))
  } catch {
    return rich.map((value) => {
      try {
        return bare(encode(value, 'error'))
      } catch {
        // The text of it has to do.
        return undefined
      }
    })
  }
}

// Nested, nothing is given away: it is copied with the rest.
function bare(payload: Payload): Payload {
  const { tag, body, buffers, shared } = payload
  return shared === undefined ? { tag, body, buffers } : { tag, body, buffers, shared }
}

function lastResort(error: unknown, failure: unknown): ErrorDescription {
  const message = textOf(error)
  const stack = `Error: ${message}\nIt could not be taken apart: ${textOf(failure)}`
  return { root: { error: 0 }, records: [{ base: 'Error', name: 'Error', message, stack, fields: [] }] }
}
