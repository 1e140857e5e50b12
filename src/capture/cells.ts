import { types } from 'node:util'
import type { CellNode, Encoded, Ref } from './graph.ts'
import { type ModuleFacts, offsetOf } from './module-facts.ts'
import { hasIdentity } from './peek.ts'
import { areBoundTogether, isMadeOncePerRun } from './scope-runs.ts'
import { moduleFactsOf } from './variables.ts'
import type { CapturedVariable, FunctionRecord, Walk } from './walk.ts'

/**
 * A variable that some sent function assigns becomes one cell that all sent functions share. V8 shows copies of scopes,
 * so which functions share one must be concluded; where that is not certain, the functions are refused.
 */
export function shareVariables(walk: Walk): void {
  const changing = new Set<string>()
  for (const { name, variable } of allVariables(walk)) if (isChanging(walk, variable)) changing.add(name)
  if (changing.size === 0) return
  const activations = new Activations(walk)
  const groups = new Map<string, { record: FunctionRecord; name: string; variable: CapturedVariable }[]>()
  for (const one of allVariables(walk)) {
    if (!changing.has(one.name)) continue
    const key = `${activations.keyOf(one.record, one.variable.scope, one.name)}/${one.name}`
    const group = groups.get(key)
    if (group) group.push(one)
    else groups.set(key, [one])
  }
  for (const group of groups.values()) {
    if (!group.some(({ variable }) => isChanging(walk, variable))) continue
    const [first] = group
    const cell = first && makeCell(walk, first.name, first.variable)
    for (const { record, name, variable } of group) {
      record.cells.add(name)
      variable.value = cell
    }
  }
}

function* allVariables(walk: Walk): Generator<{ record: FunctionRecord; name: string; variable: CapturedVariable }> {
  for (const record of walk.records) {
    if (record.origin) continue
    for (const [name, variable] of record.variables) yield { record, name, variable }
  }
}

// What throws when it is read needs a cell as well.
function isChanging(walk: Walk, { assigned, uninitialized, value }: CapturedVariable): boolean {
  return assigned || uninitialized || isUnsendable(walk, value)
}

function isUnsendable(walk: Walk, value: Encoded): boolean {
  return Array.isArray(value) && walk.nodeOf(value as Ref).kind === 'unsendable'
}

function makeCell(walk: Walk, name: string, { value, uninitialized }: CapturedVariable): Encoded {
  if (isUnsendable(walk, value)) return value
  const node: CellNode = { kind: 'cell', value }
  if (uninitialized) node.uninitialized = name
  return walk.addNode(node)
}

interface Activation {
  readonly key: string
  readonly names: readonly string[]
  readonly object: Readonly<Record<string, unknown>>
  readonly records: FunctionRecord[]
}

/** Tells the runs of a function apart, each of which has variables of its own. */
class Activations {
  readonly #walk: Walk
  readonly #byScope = new Map<string, Activation[]>()

  constructor(walk: Walk) {
    this.#walk = walk
  }

  keyOf(record: FunctionRecord, scope: number, name: string): string {
    const scopes = record.seen.scopes ?? []
    const view = scopes[scope]
    if (!view) return 'global'
    const scriptId = record.seen.location?.scriptId ?? ''
    if (view.description === 'Module') return `module ${scriptId}`
    if (view.description === 'Script') return 'script'
    const place = `${scriptId}:${scopes.length - scope}`
    const known = this.#byScope.get(place) ?? []
    this.#byScope.set(place, known)
    const names = Object.getOwnPropertyNames(view.object)
    const alike = known.filter((one) => isAlike(one, names, view.object))
    const found = alike.find((one) => this.#isSame(one, record)) ?? this.#unlessUncertain(alike, record, name)
    if (found) {
      found.records.push(record)
      return found.key
    }
    const key = `${place}:${known.length}`
    known.push({ key, names, object: view.object, records: [record] })
    return key
  }

  #isSame(one: Activation, record: FunctionRecord): boolean {
    // An object that was made in this run of the function is in no other.
    if (one.names.some((each) => isOfThisRun(read(one.object, each)))) return true
    return one.records.some(
      (other) => other === record || isOfOneObject(other, record) || this.#areTakenTogether(other, record),
    )
  }

  // Two that are alike: certainly two runs when the same code made a function in each, else nobody knows.
  #unlessUncertain(alike: readonly Activation[], record: FunctionRecord, name: string): undefined {
    for (const { records, names } of alike) {
      if (records.some((other) => isSameCode(other, record) && isMadeOnce(record, name))) continue
      throw this.#walk.refusal(
        `captures variables (${names.join(', ')}) that are equal right now to those of ${labelOf(records[0])}, so it cannot be told whether the two functions share them`,
        'Keep that state in an object, or send the one object that holds both functions.',
        record.step,
      )
    }
    return undefined
  }

  /** `const { a, b } = make()`, both captured by one function. */
  #areTakenTogether(one: FunctionRecord, two: FunctionRecord): boolean {
    for (const holder of this.#walk.records) {
      const [a, b] = [variableHolding(this.#walk, holder, one), variableHolding(this.#walk, holder, two)]
      if (a === undefined || b === undefined) continue
      const facts = moduleFactsOf(holder.fn, holder.facts, holder.seen, holder.script)
      if (areBoundTogether(facts, offsetIn(facts, holder), [a, b])) return true
    }
    return false
  }
}

function isAlike(one: Activation, names: readonly string[], object: Readonly<Record<string, unknown>>): boolean {
  if (one.names.length !== names.length) return false
  return names.every((name, i) => name === one.names[i] && Object.is(read(one.object, name), read(object, name)))
}

const UNINITIALIZED = {}

function read(object: Readonly<Record<string, unknown>>, name: string): unknown {
  try {
    return object[name]
  } catch {
    return UNINITIALIZED
  }
}

function isOfThisRun(value: unknown): boolean {
  return hasIdentity(value) && value !== UNINITIALIZED
}

// `counter.up` and `counter.read`. Lists are put together from anywhere.
function isOfOneObject({ place: a }: FunctionRecord, { place: b }: FunctionRecord): boolean {
  return a?.owner !== undefined && a.owner === b?.owner && !Array.isArray(a.owner) && !types.isMap(a.owner)
}

function isSameCode({ fn, seen: { location: a } }: FunctionRecord, other: FunctionRecord): boolean {
  const b = other.seen.location
  return (
    fn !== other.fn &&
    a !== undefined &&
    b !== undefined &&
    a.lineNumber === b.lineNumber &&
    a.columnNumber === b.columnNumber
  )
}

function isMadeOnce(record: FunctionRecord, name: string): boolean {
  const facts = moduleFactsOf(record.fn, record.facts, record.seen, record.script)
  return isMadeOncePerRun(facts, offsetIn(facts, record), name)
}

function offsetIn(facts: ModuleFacts, { seen: { location } }: FunctionRecord): number {
  return location ? offsetOf(facts, location.lineNumber, location.columnNumber) : 0
}

function variableHolding(walk: Walk, holder: FunctionRecord, { fn }: FunctionRecord): string | undefined {
  const ref = walk.find(fn)
  for (const [name, { value }] of holder.variables) if (ref && Array.isArray(value) && value[0] === ref[0]) return name
  return undefined
}

function labelOf(record: FunctionRecord | undefined): string {
  return record?.step?.label ?? 'another function'
}
