import type { FunctionFacts } from './function-facts.ts'
import type {
  BytesNode,
  ClassNode,
  Encoded,
  FunctionNode,
  GraphNode,
  Key,
  Ref,
  ViewNode,
  WeakMapNode,
  WeakSetNode,
} from './graph.ts'
import { InspectorAbsentError, type Look, look } from './inspector.ts'
import { functionName, isFunction } from './peek.ts'
import { type CodeOrigin, isIdentified } from './provenance.ts'
import { isRefusal, pathOf, type Refusal, refusalAt, type Step } from './refusal.ts'
import { symbolExport } from './symbol-exports.ts'
import type { ScriptRecord } from './scripts.ts'

export interface CaptureOptions {
  /** What the root is called in the texts of refusals, such as `args[0]` or `result`. */
  readonly label?: string | undefined
  /** Who it is for, the same object as in `RebuildOptions.peer`: its own classes are not sent back but named. */
  readonly peer?: object | undefined
  /** Whether shared memory is the same memory there. */
  readonly sharesMemory?: boolean | undefined
  /** What a registered type, or a handle, is sent as instead; may throw `Unsendable` to refuse it. */
  readonly special?: ((value: object) => Special | undefined) | undefined
  /** Whether the length of a view follows that of its resizable buffer; without it such views are refused. */
  readonly tracksLength?: ((view: ArrayBufferView) => boolean) | undefined
  /** Values of captured variables, by name, in place of those that they have. */
  readonly captures?: Readonly<Record<string, unknown>> | undefined
}

export interface Special {
  readonly id: string
  readonly data: unknown
}

/** Thrown by a `special` hook: `reason` continues "it …", `advice` is a sentence. */
export class Unsendable extends Error {
  readonly reason: string
  readonly advice: string

  constructor(reason: string, advice: string) {
    super(reason)
    this.reason = reason
    this.advice = advice
  }
}

/** Where a function was found: the object that holds it, and the one whose `super` a method uses. */
export interface Place {
  readonly owner?: object | undefined
  readonly home?: object | undefined
}

/** A function that travels as the name of a module's export. */
export type ImportedFunction = Pick<FunctionRecord, 'fn' | 'seen' | 'script'>

/** A function that travels by value. */
export interface FunctionRecord {
  readonly fn: Function
  readonly node: FunctionNode | ClassNode
  readonly facts: FunctionFacts
  readonly seen: Look
  readonly script: ScriptRecord
  readonly strict: boolean
  readonly step: Step | undefined
  readonly place: Place | undefined
  readonly isRoot: boolean
  /** In the order of the unit's captures. */
  readonly variables: Map<string, CapturedVariable>
  /** Variables that are shared with other functions through cells. */
  readonly cells: Set<string>
  /** Variables that only computed names of fields use. */
  readonly keyVariables: Set<string>
  /** The function's own name, where it means a variable that has another value by now. */
  readonly extraVariables: Set<string>
  /** What a function that came from elsewhere was rebuilt from: it is sent on as it came. */
  readonly origin: CodeOrigin | undefined
}

export interface CapturedVariable {
  value: Encoded
  /** Index of its scope, -1 for a global. */
  readonly scope: number
  readonly assigned: boolean
  /** It had no value yet. */
  readonly uninitialized: boolean
}

/** An ArrayBuffer that is sent, and which part of it is seen. */
export interface BufferUse {
  readonly node: BytesNode
  readonly views: ViewNode[]
  /** It is itself referred to, not only through views. */
  isWhole: boolean
}

/** A WeakMap or WeakSet whose entries are sent as far as their keys are. */
export interface WeakUse {
  readonly object: object
  readonly node: WeakMapNode | WeakSetNode
  readonly done: Set<object>
}

/** What encodes a value, given to the walk so that the parts which encode can call each other through it. */
export interface Encoders {
  encodeFunction(walk: Walk, fn: Function, place: Place | undefined): Ref
  encodeObject(walk: Walk, object: object): Ref
}

/** Something that was met already should have been encoded in another way: the walk begins again, knowing it. */
export class LearntTooLate extends Error {
  constructor() {
    super('captured again')
  }
}

/** What a look shows that need not be taken, or cannot. */
export const NOTHING_SEEN: Look = {
  location: undefined,
  scopes: [],
  bound: undefined,
  privates: undefined,
  entries: undefined,
}

/** One capture: the table of nodes as it grows, and where in the user's data it is now. */
export class Walk {
  readonly options: CaptureOptions
  readonly nodes: GraphNode[] = []
  readonly records: FunctionRecord[] = []
  readonly recordOf: Map<GraphNode, FunctionRecord> = new Map()
  /** Functions that are imported there. */
  readonly imported: Map<GraphNode, ImportedFunction> = new Map()
  /** Classes that must not go by reference, since only a rebuilt class can restore private fields. */
  readonly byValue: Set<Function>
  /** Classes whose instances have hidden state, and where the first of those was met. */
  readonly hidden: Map<Function, Step | undefined> = new Map()
  /** Answers of `isPlainData`. */
  readonly plain: Map<object, boolean> = new Map()
  readonly buffers: Map<ArrayBufferLike, BufferUse> = new Map()
  readonly weak: WeakUse[] = []
  /** Unique symbols, and where they were met first. */
  readonly symbols: Map<symbol, Step | undefined> = new Map()
  /** Files of CommonJS modules that go by reference as a whole. */
  readonly modules: Set<string> = new Set()
  step: Step | undefined
  readonly #encoders: Encoders
  readonly #met = new Map<object | symbol, number>()
  readonly #looks = new Map<object, Look>()
  readonly #pending: (() => void)[] = []

  constructor(root: unknown, options: CaptureOptions, encoders: Encoders, byValue: Set<Function>) {
    this.options = options
    this.#encoders = encoders
    this.byValue = byValue
    if (!isFunction(root) || options.label !== undefined)
      this.step = { label: options.label ?? 'the value', kind: 'root', up: undefined, isWithin: false }
  }

  encode(value: unknown, place?: Place): Encoded {
    switch (typeof value) {
      case 'object':
        if (value === null) return null
        break
      case 'function':
        break
      case 'symbol':
        return this.#encodeSymbol(value)
      default:
        return value as Encoded
    }
    const met = this.find(value)
    if (met) return met
    const before = this.nodes.length
    try {
      return isFunction(value)
        ? this.#encoders.encodeFunction(this, value, place)
        : this.#encoders.encodeObject(this, value)
    } catch (error) {
      if (isRefusal(error)) this.#spoil(value, before, error)
      throw error
    }
  }

  encodeKey(key: PropertyKey): Key {
    return typeof key === 'symbol' ? this.#encodeSymbol(key) : String(key)
  }

  find(value: object | symbol): Ref | undefined {
    const met = this.#met.get(value)
    return met === undefined ? undefined : [met]
  }

  nodeOf(ref: Ref): GraphNode {
    return this.nodes[ref[0]] as GraphNode
  }

  /** Takes a node for a value; whoever meets the value again refers to this node. */
  add(value: object | symbol, node: GraphNode): Ref {
    const ref = this.addNode(node)
    this.#met.set(value, ref[0])
    return ref
  }

  /** Everything that has a node of its own. */
  met(): Iterable<readonly [object | symbol, GraphNode]> {
    return [...this.#met].map(([value, index]) => [value, this.nodes[index] as GraphNode] as const)
  }

  /** Puts another node in the place of the one that a value has. */
  replace(value: object | symbol, node: GraphNode): void {
    this.nodes[this.#met.get(value) as number] = node
  }

  addNode(node: GraphNode): Ref {
    return [this.nodes.push(node) - 1]
  }

  look(value: object): Look {
    let known = this.#looks.get(value)
    if (!known) this.#looks.set(value, (known = this.#lookInto(value)))
    return known
  }

  /** Runs with the path one step longer. */
  at<T>(kind: Step['kind'], label: string, run: () => T): T {
    const { step } = this
    this.step = { label, kind, up: step, isWithin: kind === 'function' || this.withinFunction(step) }
    try {
      return run()
    } finally {
      this.step = step
    }
  }

  /** Contents are filled in breadth first, after their owner, so that deep data needs no deep stack. */
  later(run: () => void): void {
    const { step } = this
    this.#pending.push(() => {
      this.step = step
      run()
    })
  }

  drain(): void {
    for (let i = 0; i < this.#pending.length; i++) this.#pending[i]?.()
    this.#pending.length = 0
  }

  /**
   * Encodes something that a function does not name itself. What cannot travel there becomes a value that throws when it
   * is read: a logger on `this` must not break every method call. In data that is sent it is refused like anything else.
   */
  encodeDeep(value: unknown, place?: Place): Encoded {
    if (!this.withinFunction(this.step)) return this.encode(value, place)
    try {
      return this.encode(value, place)
    } catch (error) {
      if (!isRefusal(error)) throw error
      return this.addNode({ kind: 'unsendable', message: error.message, path: pathOf(error) })
    }
  }

  /** `reason` continues "it …" or "its variable `x` …"; `advice` is a whole sentence. */
  refuse(reason: string, advice: string): never {
    throw this.refusal(reason, advice)
  }

  refusal(reason: string, advice: string, step: Step | undefined = this.step): Refusal {
    return refusalAt(step, reason, advice)
  }

  withinFunction(step: Step | undefined): boolean {
    return step !== undefined && step.isWithin
  }

  #lookInto(value: object): Look {
    try {
      return look(value)
    } catch (error) {
      if (!(error instanceof InspectorAbsentError)) throw error
      const { problem, advice } = error.absence
      const label = isFunction(value) ? functionName(value) || '(anonymous)' : undefined
      const step: Step | undefined =
        label === undefined ? this.step : { label, kind: 'function', up: this.step, isWithin: true }
      throw this.refusal(`cannot be looked into, because ${problem}`, advice, step)
    }
  }

  #encodeSymbol(symbol: symbol): Ref {
    const met = this.find(symbol)
    if (met) return met
    const registered = Symbol.keyFor(symbol)
    if (registered !== undefined) return this.add(symbol, { kind: 'symbol', of: 'registered', name: registered })
    const wellKnown = Object.getOwnPropertyNames(Symbol).find((name) => Reflect.get(Symbol, name) === symbol)
    if (wellKnown !== undefined) return this.add(symbol, { kind: 'symbol', of: 'wellKnown', name: wellKnown })
    const exported = isIdentified(symbol) ? undefined : symbolExport(symbol)
    if (exported) return this.add(symbol, exported)
    this.symbols.set(symbol, this.step)
    return this.add(symbol, { kind: 'symbol', of: 'unique', name: symbol.description, id: '' })
  }

  // What a refused value had become so far must not be left half made: others may refer to it already.
  #spoil(value: object, before: number, error: Refusal): void {
    const met = this.#met.get(value)
    if (met === undefined || met < before) return
    const spoilt = this.nodes[met] as GraphNode
    const record = this.recordOf.get(spoilt)
    if (record) this.records.splice(this.records.indexOf(record), 1)
    this.nodes[met] = { kind: 'unsendable', message: error.message, path: pathOf(error) }
    this.#met.delete(value)
  }
}
