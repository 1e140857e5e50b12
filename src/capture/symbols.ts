import { isBlind } from './blind.ts'
import type { GraphNode, Ref, SymbolNode } from './graph.ts'
import { moduleFacts } from './module-facts.ts'
import { isFunction, readVariable } from './peek.ts'
import { writtenPlace } from './places.ts'
import { identifySymbol } from './provenance.ts'
import { scriptSource } from './scripts.ts'
import type { Walk } from './walk.ts'

/**
 * Decides what the unique symbols of a walk are. A function that goes by reference has the symbols of its own module in
 * the worker: one of those must be that very symbol, by its export, or what is kept under it could not be found there.
 */
export function resolveSymbols(walk: Walk): void {
  if (walk.symbols.size === 0) return
  const imported = isBlind() ? [] : [...walk.met()].filter(isImported)
  for (const [symbol, step] of walk.symbols) {
    const by = imported.map(([fn]) => symbolOf(walk, fn, symbol)).find((one) => one !== undefined)
    if (by?.node) {
      walk.replace(symbol, by.node)
      continue
    }
    if (by && !isCaptured(walk, symbol, by.url)) {
      throw walk.refusal(
        `has ${String(symbol)}, which ${by.url} keeps to itself as \`${by.name}\` and has another of in a worker`,
        `Export \`${by.name}\` there, or make it with Symbol.for().`,
        step,
      )
    }
    const [index] = walk.find(symbol) as Ref
    ;(walk.nodes[index] as SymbolNode).id = identifySymbol(symbol)
  }
}

// Functions of that module which go by value have brought the symbol along, as they do with all of its state they use.
function isCaptured(walk: Walk, symbol: symbol, url: string): boolean {
  const ref = walk.find(symbol)
  return walk.records.some(
    ({ script, variables }) =>
      script.url === url && [...variables.values()].some(({ value }) => Array.isArray(value) && value[0] === ref?.[0]),
  )
}

interface ModuleSymbol {
  readonly url: string
  readonly name: string
  /** Where the module exports it. */
  readonly node: GraphNode | undefined
}

function isImported(entry: readonly [object | symbol, GraphNode]): entry is readonly [Function, GraphNode] {
  return isFunction(entry[0]) && (entry[1].kind === 'import' || entry[1].kind === 'commonjs')
}

function symbolOf(walk: Walk, fn: Function, symbol: symbol): ModuleSymbol | undefined {
  const script = writtenPlace(walk, fn)?.script
  if (script === undefined || script.url.startsWith('node:')) return undefined
  for (const { description, object } of walk.look(fn).scopes ?? []) {
    if (description === 'Global') continue
    const name = Object.getOwnPropertyNames(object).find((one) => readVariable(object, one) === symbol)
    if (name === undefined) continue
    const { url } = script
    if (!script.isModule) return { url, name, node: undefined }
    const facts = moduleFacts(scriptSource(script.scriptId) ?? '', true)
    const exported = facts.exports.get(name)
    if (exported !== undefined)
      return { url, name, node: { kind: 'import', base: url, specifier: url, name: exported } }
    const binding = facts.imports.get(name)
    if (binding === undefined) return { url, name, node: undefined }
    const { specifier, attributes } = binding
    return { url, name, node: { kind: 'import', base: url, specifier, name: binding.name, attributes } }
  }
  return undefined
}
