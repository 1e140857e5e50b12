import { RemoteError } from '../base/errors.ts'
import { isOwnFrame, withoutOwnFrames } from '../base/own-frames.ts'
import { textOf } from '../base/thrown-text.ts'
import { reviveError } from '../codec/error.ts'
import { read } from '../codec/error-shape.ts'
import type { Payload } from '../codec/payload.ts'
import type { SentError } from './encode-error.ts'
import { inSources } from './sent-code.ts'

type Decode = (payload: Payload) => unknown

/** What was thrown, with its class where that can be had. A promise only where modules must be imported first. */
export function decodeError(payload: Payload, callSite: Error | undefined, decode: Decode): unknown {
  try {
    const sent = decode(payload) as SentError
    const rich = decodeRich(sent.rich, decode)
    if (!(rich instanceof Promise)) return revive(sent, rich, callSite)
    return rich.then((values) => revive(sent, values, callSite)).catch(unreadable)
  } catch (cause) {
    return unreadable(cause)
  }
}

function unreadable(cause: unknown): RemoteError {
  const text = `A task failed in a worker, but its error could not be read: ${textOf(cause)}`
  return new RemoteError(text, 'Error', '', { cause })
}

/** The parts that could be built, each at its position. */
function decodeRich(rich: SentError['rich'], decode: Decode): unknown[] | Promise<unknown[]> {
  if (rich === undefined) return []
  if (!Array.isArray(rich)) {
    const together = attempt(rich, decode)
    return together instanceof Promise ? together.then(allOrNone) : allOrNone(together)
  }
  const parts = rich.map((part) => (part === undefined ? FAILED : attempt(part, decode)))
  return parts.some((part) => part instanceof Promise) ? Promise.all(parts).then(onlyGood) : onlyGood(parts)
}

const FAILED = Symbol('failed')

function attempt(payload: Payload, decode: Decode): unknown {
  try {
    const value = decode(payload)
    return value instanceof Promise ? value.catch(() => FAILED) : value
  } catch {
    return FAILED
  }
}

function allOrNone(value: unknown): unknown[] {
  return value === FAILED ? [] : (value as unknown[])
}

function onlyGood(values: readonly unknown[]): unknown[] {
  const good: unknown[] = []
  values.forEach((value, i) => {
    if (value !== FAILED) good[i] = value
  })
  return good
}

function revive(sent: SentError, rich: readonly unknown[], callSite: Error | undefined): unknown {
  return reviveError(sent.description, rich, (stack, isRoot) => {
    const mapped = inSources(withoutOwnFrames(stack))
    return isRoot ? joined(mapped, sent.place, callSite) : mapped
  })
}

/** The frames of the worker, where that was, and the frames that led to the call. */
function joined(stack: string, place: string | undefined, callSite: Error | undefined): string {
  const parts = [stack]
  if (place !== undefined) parts.push(`    at … (in ${place})`)
  // A program's own `Error.prepareStackTrace` may make anything of it, or throw.
  const here = callSite && read(callSite, 'stack')
  if (typeof here === 'string')
    parts.push(...here.split('\n').filter((line) => line.startsWith('    at ') && !isOwnFrame(line)))
  return parts.join('\n')
}
