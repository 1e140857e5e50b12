import type { FunctionFacts } from './function-facts.ts'
import type { TextRange } from './text-lines.ts'
import { CELL_PREFIX, type Unit, type UnitExtra, UNIT_NAME } from './unit.ts'
import { LruCache } from './lru.ts'
import { classEdits } from './class-edits.ts'
import { applyEdits, type Edit } from './edits.ts'
import { hasPrivateMembers } from './private-fields.ts'
import { textHash } from './text-hash.ts'
import type { FunctionRecord } from './walk.ts'

/** The text that the other process compiles, laid out so that the function stands at its original line and column. */
export function unitFor(record: FunctionRecord): Unit {
  if (record.origin) return record.origin.unit
  const key = cacheKey(record)
  const known = cache.get(key)
  if (known) return known
  const unit = makeUnit(record)
  cache.set(key, unit, key.length + unit.text.length)
  return unit
}

/** Bound: 4,000 functions, 16 M characters together. */
const cache = new LruCache<string, Unit>(4_000, 16_000_000)

function cacheKey({ facts, node, seen, script, strict, cells, variables }: FunctionRecord): string {
  const keys =
    node.kind === 'class'
      ? (node.keys ?? []).map(([member, key]) => (typeof key === 'string' ? [member, key] : [member]))
      : []
  const place = [
    script.scriptId,
    seen.location?.lineNumber,
    seen.location?.columnNumber,
    strict,
    node.kind === 'function' && node.home !== undefined,
  ]
  return JSON.stringify([place, [...cells], [...variables.keys()], node.name, keys]) + facts.text
}

function makeUnit(record: FunctionRecord): Unit {
  const { facts, node, script, strict, cells } = record
  const captures = [...record.variables.keys()].map((name) =>
    cells.has(name) ? CELL_PREFIX + name : parameterName(name),
  )
  const extras = extrasOf(record)
  const frame = frameOf(record)
  const edits = [
    ...commonEdits(record),
    ...(frame.keyEdit ? [frame.keyEdit] : []),
    ...(node.kind === 'class' ? classEdits(facts, node) : []),
  ]
  const parameters = [...captures, ...extras.map((extra) => UNIT_NAME[extra])]
  const head = `(function(${parameters.join()}){${strict ? '"use strict";' : ''}return[${frame.before}`
  const setter = captures.length > 0 ? `,function(ª){${captures.map((name, i) => `${name}=ª[${i}]`).join(';')}}` : ''
  const text = `${head}${applyEdits(facts.text, edits)}${frame.after}${setter}]})`
  const place = placeOf(record, head.length, frame.keyEdit)
  const early = captures.filter((name) => record.keyVariables.has(name))
  const unit = {
    text,
    url: script.url || 'captured',
    ...place,
    isModule: script.isModule,
    captures,
    ...(early.length > 0 && { early }),
    extras,
  }
  return { key: textHash(`${unit.url}\n${place.line}:${place.column}\n${text}`), ...unit }
}

// `arguments` of an outer function cannot be a parameter's name in strict code.
function parameterName(name: string): string {
  return name === 'arguments' ? UNIT_NAME.arguments : name
}

function extrasOf({ facts, node }: FunctionRecord): UnitExtra[] {
  const extras: UnitExtra[] = []
  if (facts.importMetas.length > 0) extras.push('meta')
  if (facts.dynamicImports.length > 0) extras.push('import')
  if (node.kind === 'function' && node.home !== undefined) extras.push('home')
  if (node.kind === 'class') {
    if (facts.classLayout?.superRange) extras.push('base')
    if (hasPrivateMembers(facts.classLayout)) extras.push('stamp')
    if (node.keys?.some(([, key]) => typeof key !== 'string')) extras.push('keys')
  }
  return extras
}

interface Frame {
  readonly before: string
  readonly after: string
  readonly keyEdit: Edit | undefined
}

/** What stands around the text so that it is an expression and gets its name. */
function frameOf({ facts, node, extraVariables }: FunctionRecord): Frame {
  if (!facts.key) {
    if ((facts.name !== undefined && extraVariables.size === 0) || node.name === '')
      return { before: '(', after: ')', keyEdit: undefined }
    const name = JSON.stringify(node.name)
    return { before: `({${name === '"__proto__"' ? `[${name}]` : name}:`, after: `})[${name}]`, keyEdit: undefined }
  }
  const home = node.kind === 'function' && node.home !== undefined ? `__proto__:${UNIT_NAME.home},` : ''
  const name = JSON.stringify(
    facts.key.simple ? facts.text.slice(...facts.key.range) : node.name.replace(/^(?:get|set) /, ''),
  )
  const keyEdit = facts.key.simple ? undefined : ([...keyRange(facts), `[${name}]`] as const)
  if (facts.form === 'method') return { before: `({${home}`, after: `})[${name}]`, keyEdit }
  return {
    before: `Object.getOwnPropertyDescriptor({${home}`,
    after: `},${name}).${facts.form === 'getter' ? 'get' : 'set'}`,
    keyEdit,
  }
}

function keyRange({ key, text }: FunctionFacts): TextRange {
  const [start, end] = key?.range ?? [0, 0]
  return key?.computed ? [text.lastIndexOf('[', start), text.indexOf(']', end) + 1] : [start, end]
}

function commonEdits({ facts, cells, extraVariables }: FunctionRecord): Edit[] {
  const edits: Edit[] = []
  for (const name of extraVariables) {
    const start = facts.text.indexOf(name, facts.text.indexOf('function') + 'function'.length)
    edits.push([start, start + name.length, ' '.repeat(name.length)])
  }
  for (const [start, end] of facts.importMetas) edits.push([start, end, UNIT_NAME.meta.padEnd(end - start)])
  for (const start of facts.dynamicImports) edits.push([start, start + 'import'.length, UNIT_NAME.import])
  if (facts.form === 'arrow')
    for (const { start, end } of facts.free.get('arguments')?.references ?? [])
      edits.push([start, end, UNIT_NAME.arguments])
  for (const name of cells) {
    const cell = `${CELL_PREFIX}${name}.v`
    for (const { start, end, form } of facts.free.get(name)?.references ?? []) {
      // Called through a comma so that the cell does not become `this`.
      edits.push([start, end, form === 'shorthand' ? `${name}:${cell}` : form === 'call' ? `(0,${cell})` : cell])
    }
  }
  return edits
}

/** V8 reports the place of a function's `(`, or of its start; what is added before it on its line is taken off. */
function placeOf(
  { facts, seen }: FunctionRecord,
  headLength: number,
  keyEdit: Edit | undefined,
): { line: number; column: number } {
  const { lineNumber, columnNumber } = seen.location ?? { lineNumber: 0, columnNumber: 0 }
  const before = facts.text.slice(0, facts.anchor)
  const lines = before.split('\n').length - 1
  const firstLine = facts.text.indexOf('\n')
  const shift = keyEdit && (firstLine < 0 || keyEdit[1] < firstLine) ? keyEdit[2].length - (keyEdit[1] - keyEdit[0]) : 0
  return { line: lineNumber - lines, column: (lines > 0 ? 0 : columnNumber - facts.anchor) - headLength - shift }
}
