import { isBlind } from './blind.ts'
import { reachesEntry } from './entry.ts'
import type { ImportNode } from './graph.ts'
import { readVariable, textOf } from './peek.ts'
import type { WrittenPlace } from './places.ts'
import { scriptSource } from './scripts.ts'
import { lineStartsOf } from './text-lines.ts'
import type { Walk } from './walk.ts'

/**
 * The export that a function declaration of an ES module is. Where V8 says that the function is, and nothing but `export`
 * stands in front of it on its line, that can be nothing else: neither it nor its module has to be parsed, and no parser
 * loaded, before it is sent. Every other export is found by `importReference`.
 */
export function declaredExport(walk: Walk, fn: Function, { location, script }: WrittenPlace): ImportNode | undefined {
  const { url, scriptId, isModule } = script
  if (!isModule || isBlind() || walk.byValue.has(fn) || !url.startsWith('file:')) return undefined
  const text = textOf(fn)
  const name = DECLARATION.exec(text)?.[1]
  if (name === undefined || reachesEntry(url)) return undefined
  const scope = walk.look(fn).scopes?.findLast(({ description }) => description === 'Module')?.object
  // Its module may have given the name another value.
  if (scope === undefined || readVariable(scope, name) !== fn) return undefined
  const { lineNumber, columnNumber } = location
  const anchor = text.indexOf('(')
  const source = scriptSource(scriptId, { text, lineNumber, columnNumber, anchor })
  const lineStart = source === undefined ? undefined : lineStartsOf(source)[lineNumber]
  if (source === undefined || lineStart === undefined) return undefined
  const start = lineStart + columnNumber - anchor
  const isExport = source.startsWith(text, start) && source.slice(lineStart, start) === 'export '
  return isExport ? { kind: 'import', base: url, specifier: url, name } : undefined
}

const DECLARATION = /^(?:async )?function\*? ([\w$]+)\(/
