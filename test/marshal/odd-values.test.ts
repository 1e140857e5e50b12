import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { types } from 'node:util'
import { runInNewContext } from 'node:vm'
import { createMarshal } from '#dist/marshal/create-marshal.js'

const PROTOTYPES = [null, Int8Array.prototype, Buffer.prototype, DataView.prototype, Map.prototype, Error.prototype]
const withPrototype = (object: object, prototype: object | null): object =>
  Object.setPrototypeOf(object, prototype) as object

describe('values under a prototype of another kind', () => {
  const kinds: readonly [is: (value: unknown) => boolean, make: () => object][] = [
    [types.isUint8Array, () => new Uint8Array([1, 2])],
    [types.isDataView, () => new DataView(new ArrayBuffer(8), 2, 4)],
    [types.isMap, () => new Map([[1, 2]])],
    [types.isSet, () => new Set([1])],
    [types.isDate, () => new Date(5)],
    [types.isRegExp, () => /a/g],
    [types.isArrayBuffer, () => new ArrayBuffer(3)],
    [types.isArgumentsObject, () => argumentsOf(1, 2)],
    [types.isNativeError, () => new TypeError('text')],
    [types.isNumberObject, () => Object(5) as object],
    [Array.isArray, () => [1, 2]],
    [types.isWeakMap, () => new WeakMap()],
  ]

  it('are what they are, and keep it', async () => {
    for (const [is, make] of kinds) {
      for (const prototype of PROTOTYPES) {
        const value = withPrototype(make(), prototype)
        for (const arrived of [await roundTrip(value), ((await roundTrip([value, () => 1])) as unknown[])[0]]) {
          assert.ok(is(arrived), `${make} under ${prototype?.constructor.name}`)
          assert.equal(Object.getPrototypeOf(arrived), prototype)
        }
      }
    }
  })

  it('are objects like any other, where they only inherit from Map or Error', async () => {
    for (const prototype of [Map.prototype, Error.prototype, Array.prototype]) {
      const arrived = (await roundTrip(withPrototype({ a: 1 }, prototype))) as object
      assert.ok(!types.isMap(arrived) && !types.isNativeError(arrived) && !Array.isArray(arrived))
      assert.equal(Object.getPrototypeOf(arrived), prototype)
    }
  })

  it('show what they show, whatever their class says of it', async () => {
    class Boasting extends Uint16Array {
      override get length(): number {
        return 99
      }
      override get buffer(): ArrayBuffer {
        return assert.fail('was run')
      }
    }
    const arrived = (await roundTrip(new Boasting([1, 2]))) as Boasting
    assert.ok(arrived instanceof Boasting)
    assert.equal(Array.prototype.join.call({ length: 2, 0: arrived[0], 1: arrived[1] }), '1,2')
  })
})

describe('values that are refused', () => {
  it('where a view lies outside of its buffer, with the path to it', () => {
    const buffer = Reflect.construct(ArrayBuffer, [8, { maxByteLength: 16 }]) as ArrayBuffer & {
      resize(length: number): void
    }
    const views = [new Uint8Array(buffer, 4, 4), new DataView(buffer, 4, 4)]
    buffer.resize(2)
    for (const view of views) {
      for (const value of [{ view }, { view, also: () => 1 }]) {
        assert.throws(() => createMarshal().encode(value, 'value'), {
          code: 'MC_VALUE_UNSENDABLE',
          path: 'value.view',
          message: /a view that lies outside of its ArrayBuffer/,
        })
      }
    }
  })

  it('where a function is a Proxy', () => {
    const value = { run: new Proxy(() => 1, {}) }
    assert.throws(() => createMarshal().encode(value, 'value'), { path: 'value.run', message: /is a Proxy/ })
  })
})

describe('values of another realm', () => {
  it('are those of this one: functions and errors too', async () => {
    const [plain, later, error] = runInNewContext(
      '[(x) => x + 1, async (x) => x + 1, new TypeError("there")]',
    ) as unknown[]
    assert.equal(((await roundTrip(plain)) as (x: number) => number)(1), 2)
    assert.equal(await ((await roundTrip(later)) as (x: number) => Promise<number>)(1), 2)
    assert.ok((await roundTrip(error)) instanceof TypeError)
  })

  it('a namespace of a module is an object of its exports, with their text and attributes', async () => {
    const namespace: object = await import('../fixtures/live-binding.ts')
    const arrived = (await roundTrip(namespace)) as object
    assert.deepEqual(Reflect.ownKeys(arrived), Reflect.ownKeys(namespace))
    assert.equal(Object.prototype.toString.call(arrived), '[object Module]')
    assert.equal(Object.isSealed(arrived), true)
  })
})

function argumentsOf(..._items: unknown[]): object {
  return arguments
}

async function roundTrip(value: unknown): Promise<unknown> {
  return await createMarshal().decode(createMarshal().encode(value, 'value'))
}
