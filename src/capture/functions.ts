import { sep } from 'node:path'
import { types } from 'node:util'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { readArrowThis } from './arrow-this.ts'
import { encodeClassParts, encodeComputedKeys } from './classes.ts'
import { bindingAt, isStrictAt } from './binding-stability.ts'
import { isBlind } from './blind.ts'
import { declaredExport } from './declared-export.ts'
import { reachesEntry } from './entry.ts'
import { analyzeFunction, mayDeclareInBlock } from './free-variables.ts'
import type { FunctionFacts } from './function-facts.ts'
import { addedKeys, encodeFunctionParts } from './function-parts.ts'
import type { BoundNode, ClassNode, FunctionNode, PromisifiedNode, Ref } from './graph.ts'
import type { Look } from './inspector.ts'
import { mayBeHome } from './homes.ts'
import { isCommonJsFile } from './known.ts'
import { type ModuleFacts, offsetOf } from './module-facts.ts'
import { functionName, isFunction, ownValue, textOf } from './peek.ts'
import { writtenPlace } from './places.ts'
import { encodeProperties } from './properties.ts'
import { identify, originOf } from './provenance.ts'
import { encodeReference, importReference, memberReference } from './references.ts'
import { isModuleScript, type ScriptRecord } from './scripts.ts'
import { mindsStrictness } from './strictness.ts'
import { encodeVariables, lookUp, moduleFactsOf } from './variables.ts'
import { type FunctionRecord, NOTHING_SEEN, type Place, type Walk } from './walk.ts'

/** A function by reference where it can be had that way in another process, else by value: its text and what it captured. */
export function encodeFunction(walk: Walk, fn: Function, place: Place | undefined): Ref {
  const reference = encodeReference(walk, fn)
  if (reference) return reference
  const name = functionName(fn) || '(anonymous)'
  const written = writtenPlace(walk, fn)
  if (!written) {
    const { bound } = walk.look(fn)
    if (bound) return encodeBound(walk, fn, bound)
    if (types.isProxy(fn)) {
      const refuse = (): never => walk.refuse('is a Proxy', 'Send the function behind it.')
      return walk.step === undefined ? walk.at('function', name, refuse) : refuse()
    }
    return walk.at('function', name, () =>
      walk.refuse(
        'is a native function that no global and no builtin module leads to',
        'Call it inside a function of your own.',
      ),
    )
  }
  const { location, script } = written
  if (script.url.startsWith('node:')) return encodeInternal(walk, fn, script)
  const label = script.url ? `${name} (${script.url.split('/').pop()}:${location.lineNumber + 1})` : name
  return walk.at('function', label, () => {
    const declared = declaredExport(walk, fn, written)
    if (declared) {
      walk.imported.set(declared, { fn, seen: walk.look(fn), script })
      return walk.add(fn, declared)
    }
    const facts = readFacts(fn)
    const seen =
      isBlind() || (!(facts instanceof Error) && needsNoScopes(facts, script))
        ? { ...NOTHING_SEEN, location }
        : walk.look(fn)
    const imported = importReference(walk, fn, seen, script)
    if (imported) {
      walk.imported.set(imported, { fn, seen, script })
      return walk.add(fn, imported)
    }
    if (!(facts instanceof Error)) return encodeByValue(walk, fn, facts, seen, script, place)
    return walk.refuse(
      `has a text that could not be parsed (${facts.message})`,
      'Put it into a module that can be imported and export it.',
    )
  })
}

// Looking costs more than everything else here. What an ES module exports is told by the scope of the module.
function needsNoScopes(facts: FunctionFacts, script: ScriptRecord): boolean {
  const { free, classLayout, usesThis } = facts
  if (namesItself(facts) || mayDeclareInBlock(facts.text)) return false
  if (classLayout?.members.some(({ computed }) => computed)) return false
  return free.size === 0 && !usesThis && (!script.isModule || reachesEntry(script.url))
}

// `function f() { … f … }`: what `f` means there depends on whether it is a declaration.
function namesItself({ form, name, text }: FunctionFacts): boolean {
  return form === 'function' && name !== undefined && text.indexOf(name, text.indexOf(name) + name.length) >= 0
}

function encodeBound(walk: Walk, fn: Function, { target, self, args }: NonNullable<Look['bound']>): Ref {
  const node: BoundNode = { kind: 'bound', target: undefined, self: undefined, args: [] }
  const ref = walk.add(fn, node)
  walk.at('function', functionName(fn) || '(bound)', () => {
    node.self = walk.at('part', 'bound this', () => walk.encode(self))
    node.target = walk.at('part', 'bound function', () => memberReference(walk, self, target) ?? walk.encode(target))
    node.args = args.map((arg, i) => walk.at('part', `bound argument ${i}`, () => walk.encode(arg)))
  })
  walk.later(() => encodeProperties(walk, fn, addedKeys(fn), node))
  return ref
}

function encodeInternal(walk: Walk, fn: Function, script: ScriptRecord): Ref {
  const original =
    script.url === 'node:internal/util' ? lookUp(walk.look(fn).scopes ?? [], 'original')?.value : undefined
  if (isFunction(original)) {
    const node: PromisifiedNode = { kind: 'promisified', target: undefined }
    const ref = walk.add(fn, node)
    node.target = walk.encode(original)
    return ref
  }
  const folder = requiredFrom(fn, script)
  if (folder !== undefined) return walk.add(fn, { kind: 'require', base: pathToFileURL(`${folder}${sep}`).href })
  return walk.at('function', functionName(fn) || '(anonymous)', () =>
    walk.refuse(`is internal to Node (${script.url})`, 'Make what it belongs to inside your function.'),
  )
}

/** The folder that a `require` of this process, such as one of `createRequire()`, looks from. */
function requiredFrom(fn: Function, { url }: ScriptRecord): string | undefined {
  if (functionName(fn) !== 'require' || !url.startsWith('node:internal/modules/')) return undefined
  const resolve = ownValue(fn, 'resolve') as NodeJS.RequireResolve | undefined
  if (!isFunction(resolve) || !isFunction(ownValue(resolve, 'paths'))) return undefined
  return resolve.paths('./any')?.[0]
}

function encodeByValue(
  walk: Walk,
  fn: Function,
  looseFacts: FunctionFacts,
  seen: Look,
  script: ScriptRecord,
  place: Place | undefined,
): Ref {
  const origin = originOf(fn)
  const strict = isStrict(fn, looseFacts, seen, script)
  const facts = strict ? analyzeFunction(looseFacts.text, true) : looseFacts
  if (!origin) refuseForms(walk, facts)
  const isClass = facts.form === 'class'
  const common = { unit: '', name: functionName(fn), captures: [] }
  const node: FunctionNode | ClassNode = isClass ? { kind: 'class', ...common } : { kind: 'function', ...common }
  const ref = walk.add(fn, node)
  const record: FunctionRecord = {
    fn,
    node,
    facts,
    seen,
    script,
    strict,
    step: walk.step,
    place,
    isRoot: !isClass && !walk.withinFunction(walk.step?.up),
    variables: new Map(),
    cells: new Set(),
    keyVariables: new Set(),
    extraVariables: new Set(),
    origin,
  }
  walk.records.push(record)
  walk.recordOf.set(node, record)
  if (!origin && namesItself(facts)) checkOwnName(walk, record)
  if (node.kind === 'class') encodeClassOrigin(walk, record, node)
  else encodeOuterParts(walk, record, node)
  walk.later(() => encodeVariables(walk, record))
  walk.later(() =>
    node.kind === 'class' ? encodeClassParts(walk, record, node) : encodeFunctionParts(walk, fn, facts, node),
  )
  return ref
}

function encodeClassOrigin(walk: Walk, record: FunctionRecord, node: ClassNode): void {
  const { fn, facts } = record
  node.id = identify(fn)
  // Its value comes from the prototype chain, never from a variable: V8 drops variables that only `extends` uses.
  const base: unknown = Object.getPrototypeOf(fn)
  if (facts.classLayout?.superRange)
    node.base = base === Function.prototype ? null : walk.at('part', 'extends', () => walk.encode(base))
  encodeComputedKeys(walk, record, node)
}

/** What `super` and `this` mean in it, where that is what they mean around it. */
function encodeOuterParts(walk: Walk, record: FunctionRecord, node: FunctionNode): void {
  const { facts, origin } = record
  if (origin ? origin.unit.extras.includes('home') : facts.usesSuper)
    node.home = origin ? walk.encode(origin.home) : encodeHome(walk, record)
  if (facts.form === 'arrow' && facts.usesThis)
    node.self = walk.at('part', 'this', () => walk.encode(origin ? origin.self : readArrowThis(walk, record)))
}

/** What the text of a function tells; the error when it could not be parsed. */
export function readFacts(fn: Function): FunctionFacts | Error {
  try {
    return analyzeFunction(textOf(fn))
  } catch (error) {
    return error as Error
  }
}

function refuseForms(walk: Walk, facts: FunctionFacts): void {
  if (facts.form === 'private')
    walk.refuse('is a #private method on its own', 'Pass a function that calls a public method instead.')
  const [name] = facts.privateNames
  if (name !== undefined)
    walk.refuse(`uses the private name #${name} of a class`, 'Pass a function that calls a public method instead.')
  if (facts.usesNewTarget)
    walk.refuse('is an arrow function that uses the outer `new.target`', 'Keep it in a variable and use that.')
  if (facts.hasEval)
    walk.refuse(
      'uses direct `eval` or `with`, so what it captures cannot be known',
      'Use `new Function` or pass the values as arguments.',
    )
}

function isStrict(fn: Function, facts: FunctionFacts, seen: Look, script: ScriptRecord): boolean {
  if (
    facts.isStrict ||
    facts.form === 'class' ||
    script.isModule ||
    seen.scopes?.some(({ description }) => description === 'Module')
  )
    return true
  if (hasCaller(fn)) return false
  if (facts.form === 'function' && !facts.isAsync && !facts.isGenerator) return true
  // To read its whole file takes longer than all the rest, most of all where V8 is asked for it.
  if (!mindsStrictness(facts.text)) return true
  const module = moduleFactsOf(fn, facts, seen, script)
  return module.isStrict || isInStrictPart(module, seen) || isModuleFile(script)
}

// Of a sloppy file: a function with a directive of its own, or a class.
function isInStrictPart(module: ModuleFacts, { location }: Look): boolean {
  if (!location || !/\bclass\b|use strict/.test(module.source)) return false
  return isStrictAt(module, offsetOf(module, location.lineNumber, location.columnNumber))
}

// Only sloppy plain functions have `caller`: as a property of their own, and from V8 14 (Node 26) on by an accessor of all
// functions, which throws for any other.
function hasCaller(fn: Function): boolean {
  if (Object.hasOwn(fn, 'caller')) return true
  try {
    Reflect.get(Function.prototype, 'caller', fn)
    return true
  } catch {
    return false
  }
}

// V8 shows no scope of a module that imports, exports and captures nothing. Its text does not tell either.
function isModuleFile({ scriptId, url }: ScriptRecord): boolean {
  // Not for the lines of a REPL, each of which is a script.
  if (!url.includes('/')) return false
  const file = url.startsWith('file:') ? fileURLToPath(url) : url
  return !isCommonJsFile(file) && isModuleScript(scriptId)
}

/** A declaration whose name was given to something else, such as a version of it that remembers results. */
function checkOwnName(walk: Walk, record: FunctionRecord): void {
  const { fn, facts, seen, script } = record
  const name = facts.name as string
  const found = lookUp(seen.scopes ?? [], name)
  const escaped = name.replace(/\$/g, '\\$&')
  const assigns = new RegExp(
    `(?<![\\w$.]|\\b(?:const|let|var)\\s+)${escaped}\\s*(?:=(?![=>])|[-+*/%&|^?<>]{1,3}=(?!=))`,
  ).test(facts.text)
  if (!assigns && (!found || found.value === fn)) return
  if (isBlind()) walk.refuse(`assigns its own name \`${name}\``, 'Keep what changes in another variable.')
  const module = moduleFactsOf(fn, facts, seen, script)
  const offset = seen.location ? offsetOf(module, seen.location.lineNumber, seen.location.columnNumber) : -1
  if (bindingAt(module, offset, name)?.kind === 'name') return
  if (assigns) walk.refuse(`assigns its own name \`${name}\``, 'Keep what changes in another variable.')
  record.extraVariables.add(name)
}

function encodeHome(walk: Walk, { fn, facts, seen, script, place }: FunctionRecord): FunctionNode['home'] {
  const advice = 'Send the object or class that it belongs to instead, or bind it to that.'
  if (facts.form === 'arrow' || !place?.home) return walk.refuse('uses `super`', advice)
  if (!isBlind() && seen.location) {
    const module = moduleFactsOf(fn, facts, seen, script)
    const offset = offsetOf(module, seen.location.lineNumber, seen.location.columnNumber) - facts.anchor
    if (!mayBeHome(module, offset, place.home)) {
      walk.refuse('uses `super` and belongs to another object than the one that it was found in', advice)
    }
  }
  return walk.encode(Object.getPrototypeOf(place.home))
}
