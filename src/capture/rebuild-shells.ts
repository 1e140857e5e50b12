import { ValueUnreadableError } from '../base/errors.ts'
import { nodeErrorPrototype } from '../base/node-error.ts'
import type { BoundNode, ErrorNode, GraphNode, ImportNode, MemberNode, SymbolNode, ViewNode } from './graph.ts'
import { noteImported } from './imported-values.ts'
import { builtinAt, intrinsicAt } from './known-get.ts'
import { classById, rememberStandIn, symbolById, weakById } from './provenance.ts'
import { makeCode, makeInstance, writtenMember } from './rebuild-classes.ts'
import { importerOf, loadedNamespace, metaOf, requireFrom } from './rebuild-units.ts'
import { standInFor } from './rebuild-stand-ins.ts'
import type { Rebuild } from './rebuild-state.ts'

/** Makes the value of a node with its identity and prototype; its content comes later ({@link file://./rebuild-fill.ts}). */
export function makeShell(rebuild: Rebuild, node: GraphNode): unknown {
  const make = makers[node.kind] as (node: GraphNode, rebuild: Rebuild) => unknown
  const value = make(node, rebuild)
  noteImported(node, value)
  if ('proto' in node && node.proto !== undefined && node.kind !== 'object')
    Object.setPrototypeOf(value, rebuild.value(node.proto) as object)
  return value
}

type NodeOf<Kind extends GraphNode['kind']> = Extract<GraphNode, { readonly kind: Kind }>

const makers: { readonly [Kind in GraphNode['kind']]: (node: NodeOf<Kind>, rebuild: Rebuild) => unknown } = {
  symbol: makeSymbol,
  intrinsic: ({ path }) => intrinsicAt(path),
  builtin: ({ module, path }) => builtinAt(module, path),
  commonjs: ({ file, path }) => memberAt(requireFrom(file)(file), path, file),
  require: ({ base }) => requireFrom(base),
  import: importedValue,
  importer: importerOf,
  meta: ({ base }) => metaOf(base),
  own: ({ id }) => ownClass(id),
  special: () => {
    throw new ValueUnreadableError('A registered type was met out of order.')
  },
  unsendable: (node) => standInFor(node).value,
  function: (node, rebuild) => makeCode(rebuild, node),
  class: (node, rebuild) => makeCode(rebuild, node),
  bound: bind,
  promisified: ({ target }, rebuild) => process.getBuiltinModule('node:util').promisify(rebuild.value(target) as never),
  member,
  prototype: ({ of }, rebuild) => (rebuild.value(of) as { prototype: object }).prototype,
  cell: ({ uninitialized }) => (uninitialized === undefined ? { v: undefined } : uninitializedCell(uninitialized)),
  plain: ({ value }) => value,
  object: (node, rebuild) => makeInstance(rebuild, node),
  array: ({ length }) => new Array(length),
  map: () => new Map(),
  set: () => new Set(),
  weakMap: ({ id }) => weakById(id, () => new WeakMap()),
  weakSet: ({ id }) => weakById(id, () => new WeakSet()),
  weakRef: ({ target }, rebuild) => makeWeakRef(rebuild.value(target)),
  date: ({ time }) => new Date(time),
  regexp: ({ source, flags }) => new RegExp(source, flags),
  boxed: ({ value }, rebuild) => Object(rebuild.value(value)),
  error: makeError,
  domException: ({ message, name, stack }) => withStack(new DOMException(message, name), stack),
  url: ({ href }) => new URL(href),
  searchParams: ({ of, text }, rebuild) =>
    of === undefined ? new URLSearchParams(text) : (rebuild.value(of) as URL).searchParams,
  arguments: ({ items }) => makeArguments(items.length),
  bytes: ({ bytes, maxLength }) => makeBuffer(bytes, maxLength),
  view: makeView,
}

function makeSymbol({ of, name, id }: SymbolNode): symbol {
  if (of === 'unique') return symbolById(id as string, name)
  return of === 'registered' ? Symbol.for(name as string) : (Reflect.get(Symbol, name as string) as symbol)
}

function memberAt(start: unknown, path: readonly string[], where: string): unknown {
  let value = start
  for (const name of path) {
    if (value === null || value === undefined || !(name in Object(value))) {
      throw new ValueUnreadableError(`${where} exports no '${path.join('.')}' in this worker.`)
    }
    value = (value as Record<string, unknown>)[name]
  }
  return value
}

function importedValue(node: ImportNode): unknown {
  const namespace = loadedNamespace(node)
  if (namespace === undefined) throw new ValueUnreadableError(`'${node.specifier}' has not been imported.`)
  if (node.name === '*') return namespace
  if (!(node.name in namespace)) {
    throw new ValueUnreadableError(
      `Module '${node.specifier}', imported as ${node.base} does, exports no '${node.name}' in this worker.`,
    )
  }
  return namespace[node.name]
}

function ownClass(id: string): Function {
  const cls = classById(id)
  if (cls === undefined)
    throw new ValueUnreadableError('An instance came back of a class that this process no longer has.')
  return cls
}

function uninitializedCell(name: string): object {
  const get = (): never => {
    throw new ReferenceError(`Cannot access '${name}' before initialization`)
  }
  return rememberStandIn(Object.defineProperty({}, 'v', { get }), {
    kind: 'cell',
    value: undefined,
    uninitialized: name,
  })
}

function bind(node: BoundNode, rebuild: Rebuild): Function {
  const args = node.args.map((arg) => rebuild.value(arg))
  return Reflect.apply(Function.prototype.bind, rebuild.value(node.target) as Function, [
    rebuild.value(node.self),
    ...args,
  ]) as Function
}

function member(node: MemberNode, rebuild: Rebuild): unknown {
  const found: unknown = writtenMember(rebuild.value(node.of) as object, rebuild.key(node.key))?.[node.role]
  if (found === undefined)
    throw new ValueUnreadableError(`A class has no member '${String(rebuild.key(node.key))}' in this worker.`)
  return found
}

// A target that was collected before it was sent cannot be had again, nor does WeakRef take nothing.
function makeWeakRef(target: unknown): WeakRef<WeakKey> {
  return new WeakRef((target ?? {}) as WeakKey)
}

function makeError({ stack, ofNode }: ErrorNode): Error {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 0
  const error = new Error()
  Error.stackTraceLimit = limit
  if (ofNode) Object.setPrototypeOf(error, nodeErrorPrototype(ofNode))
  return withStack(error, stack)
}

function withStack<T extends object>(error: T, stack: string | undefined): T {
  if (stack === undefined) Reflect.deleteProperty(error, 'stack')
  else Object.defineProperty(error, 'stack', { value: stack, writable: true, enumerable: false, configurable: true })
  return error
}

function makeArguments(length: number): object {
  return (function (..._items: unknown[]) {
    return arguments
  })(...new Array<undefined>(length))
}

function makeBuffer(bytes: Uint8Array, maxByteLength: number | undefined): ArrayBufferLike {
  const { buffer, byteOffset, byteLength } = bytes
  if (buffer instanceof SharedArrayBuffer) return buffer
  if (maxByteLength !== undefined) {
    const resizable = new (ArrayBuffer as new (length: number, options: object) => ArrayBuffer)(byteLength, {
      maxByteLength,
    })
    new Uint8Array(resizable).set(bytes)
    return resizable
  }
  return byteOffset === 0 && byteLength === buffer.byteLength
    ? buffer
    : buffer.slice(byteOffset, byteOffset + byteLength)
}

function makeView(node: ViewNode, rebuild: Rebuild): unknown {
  const buffer = rebuild.value(node.buffer) as ArrayBuffer
  if (node.type === 'Buffer') return Buffer.from(buffer, node.offset, node.length)
  const View = Reflect.get(globalThis, node.type) as new (
    buffer: ArrayBuffer,
    offset: number,
    length?: number,
  ) => object
  return node.tracks === true ? new View(buffer, node.offset) : new View(buffer, node.offset, node.length)
}
