import { callerUrl, isBlind } from './blind.ts'
import type { CodePlace } from './inspector.ts'
import { isNative } from './peek.ts'
import { type ScriptRecord, scriptOf } from './scripts.ts'
import type { Walk } from './walk.ts'

/** Where a function was written, which never changes, so that V8 is asked once. */
export interface WrittenPlace {
  readonly location: CodePlace
  readonly script: ScriptRecord
}

/** Undefined for native and bound functions. */
export function writtenPlace(walk: Walk, fn: Function): WrittenPlace | undefined {
  const known = places.get(fn)
  if (known) return known
  if (isBlind()) return isNative(fn) ? undefined : somewhere()
  const seen = walk.look(fn)
  if (!seen.location) return undefined
  const script = scriptOf(seen) ?? { scriptId: seen.location.scriptId, url: '', isModule: false }
  const place = { location: seen.location, script }
  places.set(fn, place)
  return place
}

const places = new WeakMap<Function, WrittenPlace>()

function somewhere(): WrittenPlace {
  const location = { scriptId: '', lineNumber: 0, columnNumber: 0 }
  return { location, script: { scriptId: '', url: callerUrl() ?? '', isModule: true } }
}
