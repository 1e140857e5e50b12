import { ValueUnreadableError } from '../base/errors.ts'
import { nodeErrorPrototype } from '../base/node-error.ts'
import type { BoundNode, ErrorNode, GraphNode, ImportNode, MemberNode, ViewNode } from './graph.ts'
import { noteImported } from './imported-values.ts'
import { builtinAt, intrinsicAt } from './known-get.ts'
import { classById, rememberStandIn, symbolById, weakById } from './provenance.ts'
import { makeCode, makeInstance, writtenMember } from './rebuild-classes.ts'
import { importerOf, loadedNamespace, metaOf, requireFrom } from './rebuild-units.ts'
import { standInFor } from './rebuild-stand-ins.ts'
import type { Rebuild } from './rebuild-state.ts'

/** Makes the value of a node with its identity and prototype; its content comes later ({@link file://./rebuild-fill.ts}). */
export function makeShell(rebuild: Rebuild, node: GraphNode): unknown {
  const value = make(rebuild, node)
  noteImported(node, value)
  if ('proto' in node && node.proto !== undefined && node.kind !== 'object')
    Object.setPrototypeOf(value, rebuild.value(node.proto) as object)
  return value
}

function make(rebuild: Rebuild, node: GraphNode): unknown {
  switch (node.kind) {
    case 'symbol':
      if (node.of === 'registered') return Symbol.for(node.name as string)
      if (node.of === 'wellKnown') return Reflect.get(Symbol, node.name as string)
      return symbolById(node.id as string, node.name)
    case 'intrinsic':
      return intrinsicAt(node.path)
    case 'builtin':
      return builtinAt(node.module, node.path)
    case 'commonjs':
      return memberAt(requireFrom(node.file)(node.file), node.path, node.file)
    case 'require':
      return requireFrom(node.base)
    case 'import':
      return importedValue(node)
    case 'importer':
      return importerOf(node)
    case 'meta':
      return metaOf(node.base)
    case 'own':
      return ownClass(node.id)
    case 'unsendable':
      return standInFor(node).value
    case 'function':
    case 'class':
      return makeCode(rebuild, node)
    case 'bound':
      return bind(rebuild, node)
    case 'promisified':
      return process.getBuiltinModule('node:util').promisify(rebuild.value(node.target) as never)
    case 'member':
      return member(rebuild, node)
    case 'prototype':
      return (rebuild.value(node.of) as { prototype: object }).prototype
    case 'cell':
      return node.uninitialized === undefined ? { v: undefined } : uninitializedCell(node.uninitialized)
    case 'plain':
      return node.value
    case 'object':
      return makeInstance(rebuild, node)
    case 'array':
      return new Array(node.length)
    case 'map':
      return new Map()
    case 'set':
      return new Set()
    case 'weakMap':
      return weakById(node.id, () => new WeakMap())
    case 'weakSet':
      return weakById(node.id, () => new WeakSet())
    case 'weakRef':
      return makeWeakRef(rebuild.value(node.target))
    case 'date':
      return new Date(node.time)
    case 'regexp':
      return new RegExp(node.source, node.flags)
    case 'boxed':
      return Object(rebuild.value(node.value))
    case 'error':
      return makeError(node)
    case 'domException':
      return withStack(new DOMException(node.message, node.name), node.stack)
    case 'url':
      return new URL(node.href)
    case 'searchParams':
      return node.of === undefined ? new URLSearchParams(node.text) : (rebuild.value(node.of) as URL).searchParams
    case 'arguments':
      return makeArguments(node.items.length)
    case 'bytes':
      return makeBuffer(node.bytes, node.maxLength)
    case 'view':
      return makeView(rebuild, node)
    case 'special':
      throw new ValueUnreadableError('A registered type was met out of order.')
  }
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

function bind(rebuild: Rebuild, node: BoundNode): Function {
  const args = node.args.map((arg) => rebuild.value(arg))
  return Reflect.apply(Function.prototype.bind, rebuild.value(node.target) as Function, [
    rebuild.value(node.self),
    ...args,
  ]) as Function
}

function member(rebuild: Rebuild, node: MemberNode): unknown {
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

function makeView(rebuild: Rebuild, node: ViewNode): unknown {
  const buffer = rebuild.value(node.buffer) as ArrayBuffer
  if (node.type === 'Buffer') return Buffer.from(buffer, node.offset, node.length)
  const View = Reflect.get(globalThis, node.type) as new (
    buffer: ArrayBuffer,
    offset: number,
    length?: number,
  ) => object
  return node.tracks === true ? new View(buffer, node.offset) : new View(buffer, node.offset, node.length)
}
