import { deserialize, serialize } from 'node:v8'
import fc from 'fast-check'

/**
 * Plain data of every type that the structured clone carries, nested at random, with objects that stand in several
 * places and cycles. Values come with a mark of their own type, so that failures are readable.
 */
export function arbitraryData(): fc.Arbitrary<unknown> {
  return fc
    .tuple(tree(), fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 3 }))
    .map(([value, links]) => tie(deserialize(serialize(value)), links))
}

function tree(): fc.Arbitrary<unknown> {
  return fc.letrec<{ any: unknown }>((tie) => ({
    any: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      primitive(),
      leaf(),
      fc.array(tie('any'), { maxLength: 5 }),
      sparse(tie('any')),
      fc.dictionary(key(), tie('any'), { maxKeys: 5 }).map(ordinary),
      fc.array(fc.tuple(tie('any'), tie('any')), { maxLength: 3 }).map((entries) => new Map(entries)),
      fc.array(tie('any'), { maxLength: 3 }).map((items) => new Set(items)),
    ),
  })).any
}

export function primitive(): fc.Arbitrary<unknown> {
  return fc.oneof(
    fc.integer(),
    fc.double(),
    fc.constantFrom(
      0,
      -0,
      NaN,
      Infinity,
      -Infinity,
      2 ** 31,
      -(2 ** 31),
      2 ** 53,
      5e-324,
      undefined,
      null,
      true,
      false,
    ),
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.constantFrom('', '\ud800', 'a\udc00b', '\u2028', '\0', 'é', '😀', '__proto__'),
    fc.bigInt(),
  )
}

function leaf(): fc.Arbitrary<unknown> {
  return fc.oneof(
    fc.date({ noInvalidDate: false }),
    fc.constantFrom(/a/, /\/x[/]\n/giu, /(?<n>.)\k<n>/y).map((regexp) => new RegExp(regexp)),
    fc.uint8Array({ maxLength: 20 }),
    fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
    fc.float64Array({ maxLength: 5 }),
    fc.bigInt64Array({ maxLength: 5 }),
    fc.int16Array({ maxLength: 5 }).map((items) => new DataView(items.buffer.slice(0))),
    fc.uint8Array({ maxLength: 20 }).map((bytes) => bytes.buffer.slice(0)),
    fc.array(fc.double(), { minLength: 8, maxLength: 20 }),
    fc.array(fc.integer(), { minLength: 8, maxLength: 20 }),
    fc.oneof(fc.string(), fc.double(), fc.boolean(), fc.bigInt()).map((value) => Object(value) as unknown),
  )
}

function sparse(any: fc.Arbitrary<unknown>): fc.Arbitrary<unknown[]> {
  return fc
    .tuple(
      fc.nat(8),
      fc.array(fc.tuple(fc.oneof(fc.nat(12), fc.constantFrom('index', 'input', '-1')), any), { maxLength: 3 }),
    )
    .map(([length, items]) => {
      const array: unknown[] = Array.from({ length: 0 })
      array.length = length
      for (const [at, item] of items) Reflect.set(array, at, item)
      return array
    })
}

function key(): fc.Arbitrary<string> {
  return fc.oneof(
    fc.string(),
    fc.constantFrom('__proto__', 'constructor', 'toJSON', 'length', '0', '-0', 'then', '\ud800'),
  )
}

// fast-check's dictionaries may have no prototype, and assigning `__proto__` would set one.
function ordinary(entries: Record<string, unknown>): object {
  const object = {}
  for (const [key, value] of Object.entries(entries)) {
    Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true })
  }
  return object
}

/** Puts some of the value's objects into others of them; on a copy, because fast-check uses a value again to shrink it. */
function tie(value: unknown, links: readonly (readonly [number, number])[]): unknown {
  const objects: object[] = []
  collect(value, objects)
  for (const [from, to] of links) {
    if (objects.length === 0) break
    const holder = objects[from % objects.length]!
    const held = objects[to % objects.length]!
    if (holder instanceof Map) holder.set('tied', held)
    else if (holder instanceof Set) holder.add(held)
    else if (Array.isArray(holder)) holder.push(held)
    else if (Object.getPrototypeOf(holder) === Object.prototype) Reflect.set(holder, 'tied', held)
  }
  return value
}

function collect(value: unknown, objects: object[]): void {
  if (value === null || typeof value !== 'object') return
  objects.push(value)
  if (ArrayBuffer.isView(value)) return
  if (value instanceof Map) for (const [k, v] of value) [k, v].forEach((item) => collect(item, objects))
  else if (value instanceof Set) for (const item of value) collect(item, objects)
  else for (const item of Object.values(value)) collect(item, objects)
}
