import type { CellNode, Encoded, Ref } from './graph.ts'
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
    const key = `${activations.keyOf(one.record, one.variable.scope)}/${one.name}`
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
  owner: object | undefined
}

/** Tells the runs of a function apart, each of which has variables of its own. */
class Activations {
  readonly #walk: Walk
  readonly #byScope = new Map<string, Activation[]>()

  constructor(walk: Walk) {
    this.#walk = walk
  }

  keyOf(record: FunctionRecord, scope: number): string {
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
    const found = known.find((one) => this.#isSame(one, record, names, view.object))
    if (found) {
      found.owner ??= record.place?.owner
      found.records.push(record)
      return found.key
    }
    const key = `${place}:${known.length}`
    known.push({ key, names, object: view.object, records: [record], owner: record.place?.owner })
    return key
  }

  #isSame(
    one: Activation,
    record: FunctionRecord,
    names: readonly string[],
    object: Readonly<Record<string, unknown>>,
  ): boolean {
    if (one.names.length !== names.length) return false
    if (!names.every((name, i) => name === one.names[i] && Object.is(read(one.object, name), read(object, name))))
      return false
    // An object that was made in this run of the function is in no other.
    if (names.some((name) => isIdentity(read(object, name)))) return true
    const owner = record.place?.owner
    if (one.owner !== undefined && owner !== undefined && one.owner !== owner) return false
    if (one.records.some((other) => other.fn !== record.fn && isSameCode(other, record))) {
      const error = this.#walk.refusal(
        `changes captured variables (${names.join(', ')}) that are equal right now to those of another function made by the same code, so it cannot be told whether they are shared`,
        'Keep that state in an object.',
        record.step,
      )
      throw error
    }
    return true
  }
}

const UNINITIALIZED = {}

function read(object: Readonly<Record<string, unknown>>, name: string): unknown {
  try {
    return object[name]
  } catch {
    return UNINITIALIZED
  }
}

function isIdentity(value: unknown): boolean {
  return (typeof value === 'object' && value !== null && value !== UNINITIALIZED) || typeof value === 'function'
}

function isSameCode({ seen: { location: a } }: FunctionRecord, { seen: { location: b } }: FunctionRecord): boolean {
  return a !== undefined && b !== undefined && a.lineNumber === b.lineNumber && a.columnNumber === b.columnNumber
}
