import { isBuiltin } from 'node:module'
import { pathToFileURL } from 'node:url'
import { encodeUnseen, isBlind, meansGlobal } from './blind.ts'
import { isOwnModule, reachesEntry } from './entry.ts'
import type { FunctionFacts } from './function-facts.ts'
import type { Encoded, ObjectNode } from './graph.ts'
import type { Look, ScopeView } from './inspector.ts'
import { commonJsExportPath, commonJsFileOf } from './known.ts'
import { type ImportBinding, type ModuleFacts, moduleFacts } from './module-facts.ts'
import { isOfFile } from './module-urls.ts'
import { findValue, hasIdentity, isFunction, isObject } from './peek.ts'
import { encodeReference, importReference, isNamespaceLike } from './references.ts'
import { type ScriptRecord, scriptOf, scriptSource } from './scripts.ts'
import { standardGlobals } from './standard-globals.ts'
import type { FunctionRecord, Walk } from './walk.ts'

export interface FoundVariable {
  /** Index of the scope that has it. */
  readonly scope: number
  readonly view: ScopeView
  readonly value: unknown
  /** It has no value yet. */
  readonly uninitialized: boolean
}

/** The variable that a name means in these scopes; undefined when it is a global or nowhere. */
export function lookUp(scopes: readonly ScopeView[], name: string): FoundVariable | undefined {
  for (const [scope, view] of scopes.entries()) {
    if (view.description === 'Global') return undefined
    const isThere = view.description.startsWith('With') ? name in view.object : Object.hasOwn(view.object, name)
    if (!isThere) continue
    try {
      return { scope, view, value: view.object[name], uninitialized: false }
    } catch {
      return { scope, view, value: undefined, uninitialized: true }
    }
  }
  return undefined
}

/** Facts of the module or script that a function was written in. */
export function moduleFactsOf(
  fn: Function,
  facts: FunctionFacts,
  { location }: Look,
  script: ScriptRecord,
): ModuleFacts {
  const proof = location && { ...location, text: facts.text, anchor: facts.anchor }
  return moduleFacts(scriptSource(script.scriptId, proof) ?? '', script.isModule)
}

/** Every variable that the function captures, with its value now. */
export function encodeVariables(walk: Walk, record: FunctionRecord): void {
  const { facts, seen, origin } = record
  const scopes = seen.scopes ?? []
  const names = origin ? origin.unit.captures : [...facts.free.keys(), ...record.keyVariables, ...record.extraVariables]
  for (const name of names) {
    if (name === 'arguments' && facts.form !== 'arrow') continue
    const assigned = (!origin && facts.free.get(name)?.assigned) ?? false
    if (isGiven(walk, record, name)) {
      const value = walk.at('variable', name, () => walk.encode(walk.options.captures?.[name]))
      record.variables.set(name, { value, scope: -1, assigned, uninitialized: false })
      continue
    }
    const found = lookUp(scopes, name)
    if (!found) {
      if (isBlind() && !(standardGlobals().has(name) && meansGlobal(walk, record, name))) {
        const value = walk.at('variable', name, () => encodeUnseen(walk, record, name))
        record.variables.set(name, { value, scope: -1, assigned, uninitialized: false })
        continue
      }
      // Nothing of that name anywhere: a ReferenceError there as it would be here.
      if (!Object.hasOwn(globalThis, name) || standardGlobals().has(name)) continue
      const value = walk.at('variable', name, () => encodeHard(walk, record, findValue(globalThis, name)))
      record.variables.set(name, { value, scope: -1, assigned, uninitialized: false })
      continue
    }
    const value = found.uninitialized
      ? undefined
      : walk.at('variable', name, () => encodeVariable(walk, record, name, found))
    record.variables.set(name, { value, scope: found.scope, assigned, uninitialized: found.uninitialized })
  }
}

// What the user gives counts in the user's own file: a library may call something else by the same name.
function isGiven(walk: Walk, { script }: FunctionRecord, name: string): boolean {
  const { captures } = walk.options
  return captures !== undefined && Object.hasOwn(captures, name) && script.url === walk.records[0]?.script.url
}

// What the sent function names itself is refused at the call; what its helpers name, when it is read.
function encodeHard(walk: Walk, record: FunctionRecord, value: unknown): Encoded {
  return record.isRoot ? walk.encode(value) : walk.encodeDeep(value)
}

function encodeVariable(walk: Walk, record: FunctionRecord, name: string, found: FoundVariable): Encoded {
  const { value } = found
  const { script } = record
  if (!hasIdentity(value)) return encodeHard(walk, record, value)
  const met = walk.find(value)
  if (met) return met
  if (name === '__vite_ssr_dynamic_import__' && isFunction(value))
    return walk.add(value, { kind: 'importer', base: script.url, root: process.cwd() })
  if (name === '__vite_ssr_import_meta__' || name === 'import_meta')
    return walk.add(value, { kind: 'meta', base: script.url })
  if (found.view.description === 'Module' && script.isModule) {
    const binding = moduleFactsOf(record.fn, record.facts, record.seen, script).imports.get(name)
    const imported = binding && encodeImport(walk, record, name, value, binding)
    if (imported) return imported
  }
  if (
    !script.isModule &&
    name === 'require' &&
    isFunction(value) &&
    isFunction(findValue(value, 'resolve')) &&
    script.url.startsWith('file:')
  ) {
    return walk.add(value, { kind: 'require', base: script.url })
  }
  if (usesMembersOnly(record, name) && isObject(value) && (isNamespaceLike(value) || VITEST_IMPORT.test(name))) {
    const file = commonJsFileOf(value)
    if (file !== undefined && [...walk.byValue].some((cls) => commonJsExportPath(file, cls))) {
      return encodeMembers(walk, record, value, name)
    }
    const reference = encodeReference(walk, value)
    if (reference && file !== undefined) walk.modules.add(file)
    return reference ?? encodeMembers(walk, record, value, name)
  }
  return encodeHard(walk, record, value)
}

/** Vitest gives some modules as a Proxy, which finds an export also among those of `default`. */
const VITEST_IMPORT = /^__vi(?:te_ssr)?_import_\d+__$/

function encodeImport(
  walk: Walk,
  record: FunctionRecord,
  name: string,
  value: object,
  binding: ImportBinding,
): Encoded {
  const { url } = record.script
  // Only a real namespace has a `default`.
  const use = record.facts.free.get(name)
  const isNamespace = binding.name === '*' && (use === undefined || use.whole || use.members.has('default'))
  if (isBuiltin(binding.specifier) && !isNamespace) {
    const path = binding.name === '*' || binding.name === 'default' ? [] : [binding.name]
    return walk.add(value, {
      kind: 'builtin',
      module: binding.specifier.replace(/^node:(?!test|sea|sqlite)/, ''),
      path,
    })
  }
  if (!url.startsWith('file:') || (isFunction(value) && walk.byValue.has(value))) return undefined
  if (isOfFile(binding.specifier) && reachesEntry(new URL(binding.specifier, url).href)) return undefined
  if (binding.specifier === 'manycore' || isOwnSpecifier(binding.specifier, url))
    return encodeOwn(walk, record, name, value, binding)
  return walk.add(value, {
    kind: 'import',
    base: url,
    specifier: binding.specifier,
    name: binding.name,
    attributes: binding.attributes,
  })
}

function isOwnSpecifier(specifier: string, base: string): boolean {
  return isOfFile(specifier) && isOwnModule(new URL(specifier, base).href)
}

// manycore's own functions come from the module that defines them, so that a worker need not load all of manycore.
function encodeOwn(
  walk: Walk,
  record: FunctionRecord,
  name: string,
  value: object,
  { specifier, name: exported, attributes }: ImportBinding,
): Encoded {
  if (exported === '*' && usesMembersOnly(record, name)) return encodeMembers(walk, record, value, name)
  if (isFunction(value)) {
    const seen = walk.look(value)
    const script = scriptOf(seen)
    const reference = script && importReference(walk, value, seen, script)
    if (reference) return walk.add(value, reference)
  }
  return walk.add(value, { kind: 'import', base: record.script.url, specifier, name: exported, attributes })
}

function usesMembersOnly({ facts }: FunctionRecord, name: string): boolean {
  const use = facts.free.get(name)
  return use !== undefined && !use.whole && !use.assigned
}

/** Of a module-like object only the members that the code names; another function may need others. */
function encodeMembers(walk: Walk, record: FunctionRecord, namespace: object, name: string): Encoded {
  const node: ObjectNode = { kind: 'object', proto: null, props: [] }
  const ref = walk.addNode(node)
  for (const member of record.facts.free.get(name)?.members ?? []) {
    if (!(member in namespace)) continue
    const value = walk.at('property', member, () => encodeMember(walk, record, namespace, member))
    node.props?.push([member, value])
  }
  return ref
}

function encodeMember(walk: Walk, record: FunctionRecord, namespace: object, member: string): Encoded {
  // It may be a getter that a compiler wrote.
  const value: unknown = Reflect.get(namespace, member)
  const file = commonJsFileOf(namespace)
  const isByReference =
    file !== undefined && isObject(value) && !walk.find(value) && !reachesEntry(pathToFileURL(file).href)
  return isByReference ? walk.add(value, { kind: 'commonjs', file, path: [member] }) : encodeHard(walk, record, value)
}
