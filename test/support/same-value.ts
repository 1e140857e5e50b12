import assert from 'node:assert/strict'
import { types } from 'node:util'

/**
 * Asserts that two values are the same in everything that can be seen: types, prototypes, keys, items, and which object
 * stands in which places. Each object of one side must be met by one object of the other, always the same.
 */
export function assertSameValue(actual: unknown, expected: unknown): void {
  compare(actual, expected, 'value', { toActual: new Map(), toExpected: new Map() })
}

interface Pairs {
  readonly toActual: Map<object, object>
  readonly toExpected: Map<object, object>
}

function compare(actual: unknown, expected: unknown, path: string, pairs: Pairs): void {
  if (!isObject(expected) || !isObject(actual)) {
    assert.ok(Object.is(actual, expected), `${path}: ${String(actual)} instead of ${String(expected)}`)
    return
  }
  const partner = pairs.toActual.get(expected)
  assert.ok(partner === undefined || partner === actual, `${path}: another object than where it stood before`)
  assert.ok((pairs.toExpected.get(actual) ?? expected) === expected, `${path}: one object where there were two`)
  if (partner !== undefined) return
  pairs.toActual.set(expected, actual)
  pairs.toExpected.set(actual, expected)
  assert.equal(Object.getPrototypeOf(actual), Object.getPrototypeOf(expected), `${path}: prototype`)
  assert.equal(kindOf(actual), kindOf(expected), `${path}: kind`)
  compareContent(actual, expected, path, pairs)
  if (!ArrayBuffer.isView(expected)) compareKeys(actual, expected, path, pairs)
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}

function kindOf(value: object): string {
  if (types.isNativeError(value)) return 'error'
  return Object.prototype.toString.call(value)
}

function compareContent(actual: object, expected: object, path: string, pairs: Pairs): void {
  if (types.isDate(expected)) {
    assert.ok(Object.is((actual as Date).getTime(), expected.getTime()), `${path}: time`)
  } else if (types.isRegExp(expected)) {
    assert.equal(RegExp.prototype.toString.call(actual), RegExp.prototype.toString.call(expected), path)
  } else if (types.isBoxedPrimitive(expected)) {
    compare((actual as typeof expected).valueOf(), expected.valueOf(), `${path}.valueOf()`, pairs)
  } else if (types.isMap(expected)) {
    compare([...(actual as typeof expected)].flat(), [...expected].flat(), `${path} entries`, pairs)
  } else if (types.isSet(expected)) {
    compare([...(actual as typeof expected)], [...expected], `${path} values`, pairs)
  } else if (types.isArrayBuffer(expected)) {
    assert.deepEqual(new Uint8Array(actual as ArrayBuffer), new Uint8Array(expected), path)
  } else if (ArrayBuffer.isView(expected)) {
    assert.deepEqual(actual, expected, path)
  }
}

function compareKeys(actual: object, expected: object, path: string, pairs: Pairs): void {
  assert.deepEqual(keysOf(actual), keysOf(expected), `${path}: keys`)
  for (const key of keysOf(expected)) {
    const one = Object.getOwnPropertyDescriptor(actual, key)!
    const other = Object.getOwnPropertyDescriptor(expected, key)!
    const at = `${path}[${String(key)}]`
    assert.equal(one.enumerable, other.enumerable, `${at}: enumerable`)
    assert.equal(one.get === undefined, other.get === undefined, `${at}: accessor`)
    compare(one.value, other.value, at, pairs)
  }
}

function keysOf(value: object): PropertyKey[] {
  return Reflect.ownKeys(value).filter((key) => !(types.isNativeError(value) && key === 'stack'))
}
