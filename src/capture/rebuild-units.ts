import { load } from '../base/load.ts'
import { ValueUnreadableError } from '../base/errors.ts'
import type { Graph, ImporterNode, ImportNode } from './graph.ts'
import { LruCache } from './lru.ts'
import { bareUrl } from './module-urls.ts'
import type { Unit } from './unit.ts'
import { rememberStandIn } from './provenance.ts'

/** `true` while an instance is made whose constructors and field initialisers must not run. */
export const stamp: { on: boolean } = { on: false }

export interface Compiled {
  readonly fn: Function
  readonly fill: ((values: unknown[]) => void) | undefined
}

type Import = (specifier: string, options?: object) => Promise<Record<string, unknown>>
type Factory = (this: unknown, ...values: unknown[]) => [Function, ((values: unknown[]) => void)?]

const vm = process.getBuiltinModule('node:vm')
const moduleBuiltin = process.getBuiltinModule('node:module')
const urlBuiltin = process.getBuiltinModule('node:url')
const pathBuiltin = process.getBuiltinModule('node:path')

const kept = new WeakMap<object, Map<string, Unit>>()
/** Bound: 1,000 texts of 4 M characters together. */
const compiled = new LruCache<string, { readonly unit: Unit; readonly factory: Factory }>(1_000, 4_000_000)
const imports = new Map<string, Import>()
const namespaces = new Map<string, Record<string, unknown>>()
const requires = new Map<string, NodeJS.Require>()
const metas = new Map<string, object>()
let warned = false

/**
 * The units that a graph needs, by their keys. Keeps those that later graphs of this peer will not bring again; of all
 * others nothing stays but what was compiled lately.
 */
export function unitsOf({ units, nodes, keep }: Graph, peer: object = NOBODY): ReadonlyMap<string, Unit> {
  const own = new Map(units.map((unit) => [unit.key, compiled.get(unit.key)?.unit ?? unit]))
  if (keep === undefined) return own
  const before = keep === 'anew' ? undefined : kept.get(peer)
  if (before === undefined) {
    kept.set(peer, new Map(own))
    return own
  }
  for (const [key, unit] of own) before.set(key, unit)
  // Now, because the next graph may begin anew while this one waits for its modules.
  for (const node of nodes) {
    if (node.kind !== 'function' && node.kind !== 'class') continue
    const unit = own.has(node.unit) ? undefined : before.get(node.unit)
    if (unit !== undefined) own.set(node.unit, unit)
  }
  return own
}

export function unitByKey(units: ReadonlyMap<string, Unit>, key: string): Unit {
  const unit = units.get(key)
  if (unit === undefined)
    throw new ValueUnreadableError(`The text ${key} of a function has not been sent to this process.`)
  return unit
}

const NOBODY = {}

/** Makes the user's function anew; most captured variables are undefined until they are filled in later. */
export function instantiate(unit: Unit, self: unknown, captured: unknown[], extras: unknown[]): Compiled {
  let factory = compiled.get(unit.key)?.factory
  if (factory === undefined) {
    factory = compile(unit)
    compiled.set(unit.key, { unit, factory }, unit.text.length)
  }
  const [fn, fill] = factory.call(self, ...captured, ...extras)
  return { fn, fill }
}

/** Compiled under the user's file name and offsets, so that stack traces are right and `import()` resolves. */
function compile(unit: Unit): Factory {
  const isFile = unit.url.startsWith('file:')
  const script = new vm.Script(unit.text, {
    filename: isFile && !unit.isModule ? urlBuiltin.fileURLToPath(unit.url) : unit.url,
    lineOffset: unit.line,
    columnOffset: unit.column,
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  })
  return script.runInThisContext() as Factory
}

/** A namespace that was imported before; modules never go away, so this is final. */
export function loadedNamespace(node: ImportNode): Record<string, unknown> | undefined {
  return namespaces.get(importKey(node))
}

export async function loadNamespace(node: ImportNode): Promise<void> {
  const key = importKey(node)
  if (namespaces.has(key)) return
  const options = node.attributes && { with: node.attributes }
  const namespace = await importFrom(node.base)(node.specifier, options)
  namespaces.set(key, namespace)
}

function importKey(node: ImportNode): string {
  return `${node.base}\n${node.specifier}\n${node.attributes === undefined ? '' : JSON.stringify(node.attributes)}`
}

/** Works as `import()` written in the module `base`. */
export function importFrom(base: string): Import {
  let run = imports.get(base)
  if (run !== undefined) return run
  const imported = vm.compileFunction('return o===undefined?import(s):import(s,o)', ['s', 'o'], {
    filename: bareUrl(base),
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  }) as Import
  run = (specifier, options) =>
    warned ? imported(specifier, options) : withoutWarning(() => imported(specifier, options))
  imports.set(base, run)
  return run
}

// Node prints an ExperimentalWarning at the first import() that uses the main loader (still so in 26); the user has done
// nothing that deserves it.
function withoutWarning<T>(first: () => T): T {
  const emitWarning = process.emitWarning
  process.emitWarning = function (warning: string | Error, ...rest: never[]): void {
    if (!String(warning).includes('USE_MAIN_CONTEXT_DEFAULT_LOADER'))
      emitWarning.call(process, warning as string, ...rest)
  } as typeof process.emitWarning
  try {
    return first()
  } finally {
    warned = true
    process.emitWarning = emitWarning
  }
}

export function importerOf(node: ImporterNode): object {
  const run = importFrom(node.base)
  const { root } = node
  const importer: Import = (specifier, options) =>
    run(root === undefined ? specifier : fromViteRoot(root, specifier), options)
  return rememberStandIn(importer, node)
}

// Vite's test runner rewrites relative specifiers to `/@fs/<file>` or to paths below the project's root.
function fromViteRoot(root: string, specifier: string): string {
  if (specifier.startsWith('/@fs/')) return urlBuiltin.pathToFileURL(specifier.slice(4)).href
  if (!specifier.startsWith('/')) return specifier
  const file = root + specifier
  return process.getBuiltinModule('node:fs').existsSync(file) ? urlBuiltin.pathToFileURL(file).href : specifier
}

export function requireFrom(base: string): NodeJS.Require {
  let found = requires.get(base)
  if (found === undefined) {
    found = moduleBuiltin.createRequire(base)
    requires.set(base, rememberStandIn(found, { kind: 'require', base }))
  }
  return found
}

export function metaOf(url: string): object {
  let meta = metas.get(url)
  if (meta !== undefined) return meta
  const isFile = url.startsWith('file:')
  const require = isFile ? requireFrom(url) : undefined
  const resolve = (specifier: string): string => {
    if (/^\.{0,2}\//.test(specifier)) return new URL(specifier, url).href
    if (require === undefined || moduleBuiltin.isBuiltin(specifier) || URL.canParse(specifier))
      return resolveFromHere(specifier)
    return resolveFrom(url, specifier)
  }
  meta = { url, resolve }
  if (isFile) {
    const filename = urlBuiltin.fileURLToPath(url)
    Object.assign(meta, { dirname: pathBuiltin.dirname(filename), filename })
  }
  metas.set(url, rememberStandIn(meta, { kind: 'meta', base: url }))
  return meta
}

// `import.meta.resolve` has no parent argument without a flag, and `require.resolve` knows other conditions.
function resolveFrom(url: string, specifier: string): string {
  const find = (moduleBuiltin as { findPackageJSON?: (specifier: string, base: string) => string | undefined })
    .findPackageJSON
  try {
    if (find?.(specifier, url) === find?.(specifier, import.meta.url)) return resolveFromHere(specifier)
  } catch {
    // No such package from here: the lookup below says so in Node's own words.
  }
  return urlBuiltin.pathToFileURL(requireFrom(url).resolve(specifier)).href
}

// Only an ES module can ask for it.
function resolveFromHere(specifier: string): string {
  return load<typeof import('./resolve-from-here.ts')>('../capture/resolve-from-here.js').resolveFromHere(specifier)
}

/** The values of a unit's further parameters, in its order. */
export function unitExtras(unit: Unit, known: Partial<Record<Unit['extras'][number], unknown>>): unknown[] {
  return unit.extras.map((extra) => {
    if (extra === 'meta') return metaOf(unit.url)
    if (extra === 'import') return importerOf({ kind: 'importer', base: unit.url })
    if (extra === 'stamp') return stamp
    return known[extra]
  })
}
