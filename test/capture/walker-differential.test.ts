import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { describe, it } from 'node:test'
import { type AnyNode, parse, type Program } from 'acorn'
import type * as EslintScope from 'eslint-scope'
import { analyzeFunction } from '#dist/capture/free-variables.js'
import { parseFunction } from '#dist/capture/parse.js'
import { packageSources } from './support/package-sources.js'

const eslintScope = createRequire(import.meta.url)('eslint-scope') as typeof EslintScope
const MOST_FILES_PER_PACKAGE = 60
const LONGEST_FUNCTION = 20_000

describe('free variables, compared with eslint-scope over the functions of installed packages', () => {
  it('agree for every function, method and class, but for the parts of a class that do not run again', () => {
    let compared = 0
    const intended = new Map<string, number>()
    for (const text of functionTexts()) {
      const ours = new Set(analyzeFunction(text).free.keys())
      const theirs = referencesThroughEslintScope(text)
      compared++
      for (const name of difference(ours, theirs)) assert.fail(`only we find ${name} in:\n${text.slice(0, 500)}`)
      for (const name of difference(theirs, ours)) {
        const kind = intendedOmission(text, name)
        assert.ok(kind, `we miss ${name} in:\n${text.slice(0, 500)}`)
        intended.set(kind, (intended.get(kind) ?? 0) + 1)
      }
    }
    assert.ok(compared > 3_000, `only ${compared} functions were compared`)
    assert.deepEqual([...intended.keys()].sort(), [
      'base class',
      'computed key of a lone method',
      'what ran when the class was made',
    ])
  })
})

/** The kind of place, of those that are left out on purpose, in which the name stands. */
function intendedOmission(text: string, name: string): string | undefined {
  const layout = analyzeFunction(text).classLayout
  if (!layout) {
    const { key } = analyzeFunction(text)
    return key?.computed && names(text.slice(...key.range), name) ? 'computed key of a lone method' : undefined
  }
  if (layout.superRange && names(text.slice(...layout.superRange), name)) return 'base class'
  const skipped = layout.members.filter(
    (member) => member.ranAlready || member.computed || (member.isStatic && member.isPrivate),
  )
  return skipped.some(({ range }) => names(text.slice(...range), name)) ? 'what ran when the class was made' : undefined
}

function names(text: string, name: string): boolean {
  return text.split(/[^\w$\u0080-\uffff]+/).includes(name)
}

function referencesThroughEslintScope(text: string): Set<string> {
  const { form, shift } = parseFunction(text)
  const [before, after] =
    form === 'private' || shift === 7 ? ['(class{', '\n})'] : shift === 2 ? ['({', '\n})'] : ['(', '\n)']
  const program = parse(before + text + after, {
    ecmaVersion: 'latest',
    sourceType: 'script',
    ranges: true,
    allowSuperOutsideMethod: true,
    allowImportExportEverywhere: true,
    checkPrivateFields: false,
  })
  const manager = eslintScope.analyze(program as never, { ecmaVersion: 2025, sourceType: 'script' })
  const through = manager.globalScope?.through.map((reference) => reference.identifier.name) ?? []
  return new Set(through)
}

function difference(a: ReadonlySet<string>, b: ReadonlySet<string>): string[] {
  return [...a].filter((name) => !b.has(name))
}

function* functionTexts(): Generator<string> {
  const seen = new Set<string>()
  for (const { text: source, tree } of packageSources(MOST_FILES_PER_PACKAGE)) {
    for (const [start, end] of functionRanges(tree)) {
      const text = source.slice(start, end)
      if (end - start > LONGEST_FUNCTION || seen.has(text)) continue
      seen.add(text)
      yield text
    }
  }
}

function* functionRanges(root: Program): Generator<[number, number]> {
  const stack: unknown[] = [root]
  const methodValues = new Set<unknown>()
  while (stack.length > 0) {
    const item = stack.pop()
    if (item === null || typeof item !== 'object') continue
    if (Array.isArray(item)) {
      stack.push(...(item as unknown[]))
      continue
    }
    const node = item as AnyNode
    // The value of a method has no text of its own: V8 gives the whole method.
    if (node.type === 'Property' && (node.method || node.kind !== 'init')) methodValues.add(node.value)
    if (node.type === 'MethodDefinition') methodValues.add(node.value)
    if (
      !methodValues.has(node) &&
      /^(?:Function|Class)(?:Declaration|Expression)$|^ArrowFunctionExpression$/.test(node.type)
    )
      yield [node.start, node.end]
    if (node.type === 'MethodDefinition' && !node.static && node.kind !== 'constructor') yield [node.start, node.end]
    if (node.type === 'Property' && (node.method || node.kind !== 'init')) yield [node.start, node.end]
    stack.push(...Object.values(node))
  }
}
