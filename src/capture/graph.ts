import type { NodeError } from '../base/node-error.ts'
import type { Integrity } from '../base/integrity.ts'
import type { Keep, Unit } from './unit.ts'

/**
 * What a captured function or value looks like on its way to another process: a table of nodes that refer to each other
 * by their index, so that identity and cycles are kept. It holds nothing but plain data that the structured clone
 * carries exactly. Made by `captureGraph` ({@link file://./capture.ts}), read by `rebuildGraph`
 * ({@link file://./rebuild.ts}).
 *
 * A graph refers to the live values inside `plain` and `bytes` nodes: serialize it before anybody can change them.
 */
export interface Graph {
  root: Encoded
  nodes: GraphNode[]
  /** The texts that the nodes' functions are compiled from: all, or with `keep` those that the peer has not kept. */
  units: Unit[]
  keep?: Keep
}

/** Index of a node. */
export type Ref = readonly [node: number]

export type Primitive = string | number | boolean | bigint | null | undefined

/** A primitive stands for itself, everything else is a node. */
export type Encoded = Primitive | Ref

/** A property name: a string, or a symbol's node. */
export type Key = string | Ref

/**
 * An own property. Two entries: an ordinary data property. Three: a data property with `PropertyFlag`s. Four: an accessor,
 * getter and setter. A value that refers to an `unsendable` node becomes a getter that throws.
 */
export type Property =
  | readonly [key: Key, value: Encoded]
  | readonly [key: Key, value: Encoded, flags: number]
  | readonly [key: Key, get: Encoded, flags: number, set: Encoded]

export const PropertyFlag = { enumerable: 1, writable: 2, configurable: 4, all: 7 } as const

/** What any object may have besides its content. */
export interface Attachments {
  /** The prototype, where it is not the one that the kind of node implies. */
  proto?: Encoded
  props?: Property[]
  /** What its kind implies and was deleted: `name` and `length` of a function, the `constructor` of its prototype. */
  lacks?: string[]
  /** Where it cannot be added to. */
  integrity?: Integrity
  /** Per class with private members, base class first: the class, and its fields' names and values. */
  privates?: PrivateFields[]
}

export type PrivateFields = readonly [of: Encoded, fields: (readonly [name: string, value: Encoded])[]]

export type GraphNode =
  | SymbolNode
  | IntrinsicNode
  | BuiltinNode
  | CommonJsNode
  | RequireNode
  | ImportNode
  | ImporterNode
  | MetaNode
  | OwnNode
  | SpecialNode
  | UnsendableNode
  | FunctionNode
  | ClassNode
  | BoundNode
  | PromisifiedNode
  | MemberNode
  | PrototypeNode
  | CellNode
  | PlainNode
  | ObjectNode
  | ArrayNode
  | MapNode
  | SetNode
  | WeakMapNode
  | WeakSetNode
  | WeakRefNode
  | DateNode
  | RegExpNode
  | BoxedNode
  | ErrorNode
  | DomExceptionNode
  | UrlNode
  | SearchParamsNode
  | ArgumentsNode
  | BytesNode
  | ViewNode

export interface SymbolNode {
  kind: 'symbol'
  of: 'registered' | 'wellKnown' | 'unique'
  name: string | undefined
  /** Of a unique one: same id, same symbol, however often it is sent. */
  id?: string
}

/** Something every JavaScript realm has, such as `Math.max`; the path language belongs to known.ts. */
export interface IntrinsicNode {
  kind: 'intrinsic'
  path: string[]
}

/** A builtin module of Node, or a part of it. */
export interface BuiltinNode {
  kind: 'builtin'
  module: string
  path: string[]
}

/** What a CommonJS module exports, or a part of it. */
export interface CommonJsNode {
  kind: 'commonjs'
  file: string
  path: string[]
}

/** The `require` of a module. */
export interface RequireNode {
  kind: 'require'
  base: string
}

/** An export of an ES module; name `*` is its namespace. `specifier` is resolved as the module `base` would. */
export interface ImportNode {
  kind: 'import'
  base: string
  specifier: string
  name: string
  attributes?: Record<string, string> | undefined
}

/** A function that works as `import()` in the module `base`; `root` is where `/x` of a Vite test runner lies. */
export interface ImporterNode {
  kind: 'importer'
  base: string
  root?: string
}

/** The `import.meta` of a module. */
export interface MetaNode {
  kind: 'meta'
  base: string
}

/** A class that the receiver has sent before, by its id. */
export interface OwnNode {
  kind: 'own'
  id: string
}

/** A value of a registered type or a handle: what its type encoded it to. */
export interface SpecialNode {
  kind: 'special'
  id: string
  data: Encoded
}

/** Stands where something could not travel, and throws when it is read. */
export interface UnsendableNode {
  kind: 'unsendable'
  message: string
  path: string[]
}

/** What functions and classes have in common. */
interface Code extends Attachments {
  unit: string
  name: string
  /** Values of the captured variables, in the order of the unit's `captures`; a shared variable refers to its cell. */
  captures: Encoded[]
  /** Same id, same class: set for classes and for functions that are used as classes. */
  id?: string
  /** Own properties and parent of its `prototype` object, beyond what the text makes. */
  prototype?: Attachments
}

export interface FunctionNode extends Code {
  kind: 'function'
  /** `this` of an arrow function. */
  self?: Encoded
  /** Prototype of the object that a method with `super` belongs to. */
  home?: Encoded
}

export interface ClassNode extends Code {
  kind: 'class'
  /** What it extends, where it has an `extends` clause. */
  base?: Encoded
  /** Computed names of its members, by position in the class body. */
  keys?: [member: number, key: Key][]
  /** Private static fields, `#name` and value. */
  privateStatics?: [name: string, value: Encoded][]
}

export interface BoundNode extends Attachments {
  kind: 'bound'
  target: Encoded
  self: Encoded
  args: Encoded[]
}

/** What `util.promisify` made of a function. */
export interface PromisifiedNode {
  kind: 'promisified'
  target: Encoded
}

/** A method, or a getter or setter, that a class or prototype which travels has from its text. */
export interface MemberNode extends Attachments {
  kind: 'member'
  of: Encoded
  key: Key
  role: 'value' | 'get' | 'set'
}

/** The `prototype` object of a class. */
export interface PrototypeNode {
  kind: 'prototype'
  of: Encoded
}

/** A captured variable that several functions share because one of them assigns it. */
export interface CellNode {
  kind: 'cell'
  value: Encoded
  /** The name of a variable that had no value yet. */
  uninitialized?: string
}

/** Plain data all the way down, which the structured clone carries as it is. */
export interface PlainNode {
  kind: 'plain'
  value: object
}

export interface ObjectNode extends Attachments {
  kind: 'object'
}

export interface ArrayNode extends Attachments {
  kind: 'array'
  length: number
  /** All items, or only those that are there, each with its position. */
  items?: Encoded[]
  sparse?: [index: number, value: Encoded][]
}

export interface MapNode extends Attachments {
  kind: 'map'
  entries: [key: Encoded, value: Encoded][]
}

export interface SetNode extends Attachments {
  kind: 'set'
  values: Encoded[]
}

/** Only the entries whose keys are sent too: nobody can ask for the others. */
export interface WeakMapNode extends Attachments {
  kind: 'weakMap'
  /** Same id, same collection. */
  id: string
  entries: [key: Encoded, value: Encoded][]
}

export interface WeakSetNode extends Attachments {
  kind: 'weakSet'
  id: string
  values: Encoded[]
}

export interface WeakRefNode extends Attachments {
  kind: 'weakRef'
  target: Encoded
}

export interface DateNode extends Attachments {
  kind: 'date'
  time: number
}

export interface RegExpNode extends Attachments {
  kind: 'regexp'
  source: string
  flags: string
}

/** `Object(1)` and the like. */
export interface BoxedNode extends Attachments {
  kind: 'boxed'
  value: Encoded
}

export interface ErrorNode extends Attachments {
  kind: 'error'
  stack: string | undefined
  /** Node made it: what of Node's own prototypes can be had elsewhere. */
  ofNode?: NodeError
}

export interface DomExceptionNode extends Attachments {
  kind: 'domException'
  message: string
  name: string
  stack: string | undefined
}

export interface UrlNode extends Attachments {
  kind: 'url'
  href: string
}

export interface SearchParamsNode extends Attachments {
  kind: 'searchParams'
  text: string
  /** The URL that it belongs to. */
  of?: Ref
}

export interface ArgumentsNode extends Attachments {
  kind: 'arguments'
  items: Encoded[]
  /** Items that were deleted. */
  missing?: number[]
}

/** The content of an ArrayBuffer, or of the part of it that its views show; of shared memory a view of all of it. */
export interface BytesNode extends Attachments {
  kind: 'bytes'
  bytes: Uint8Array
  maxLength?: number
}

export interface ViewNode extends Attachments {
  kind: 'view'
  /** `Uint8Array`, `DataView`, …, or `Buffer`. */
  type: string
  buffer: Encoded
  offset: number
  length: number
  /** Its length follows that of its resizable buffer. */
  tracks?: true
}
