import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { runInNewContext } from 'node:vm'
import { hasOnlyItems } from '#dist/base/view-keys.js'

const KINDS = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
] as const

describe('whether a view has nothing but its items', () => {
  class Samples extends Float64Array {}
  const views = (): (ArrayBufferView & object)[] => [
    ...KINDS.map((Kind) => new Kind(100)),
    Buffer.alloc(100),
    new Samples(100),
    new Float64Array(new SharedArrayBuffer(800)),
    runInNewContext('new Float64Array(100)') as Float64Array,
    runInNewContext('new (class Own extends Int8Array {})(100)') as Int8Array,
  ]

  it('is told of long ones of every kind and realm without a list of their keys', ({ mock }) => {
    const listed = mock.method(Reflect, 'ownKeys')
    for (const view of views()) assert.equal(hasOnlyItems(view), true)
    assert.equal(listed.mock.callCount(), 0)
  })

  it('sees what stands beside the items', () => {
    for (const view of views()) assert.equal(hasOnlyItems(Object.assign(view, { note: 1 })), false)
    for (const view of views())
      assert.equal(hasOnlyItems(Object.defineProperty(view, Symbol('s'), { value: 1 })), false)
  })

  it('runs no code of a class', () => {
    let ran = 0
    class Odd extends Float64Array {
      override get length(): number {
        return ++ran
      }
    }
    assert.equal(hasOnlyItems(new Odd(100)), true)
    assert.equal(ran, 0)
  })
})
