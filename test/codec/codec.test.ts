import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import v8 from 'node:v8'
import vm from 'node:vm'
import fc from 'fast-check'
import { ValueUnreadableError } from '#dist/base/errors.js'
import { decode, encode, type GraphHooks } from '#dist/codec/codec.js'
import type { Payload } from '#dist/codec/payload.js'
import { Tag } from '#dist/codec/tag.js'
import { arbitraryData } from '../support/arbitrary-value.ts'
import { assertSameValue } from '../support/same-value.ts'

describe('encode and decode', () => {
  it('round-trip plain data of every type, with identity, cycles and prototypes', () => {
    fc.assert(
      fc.property(arbitraryData(), (value) => assertSameValue(roundTrip(value), value)),
      { numRuns: 1000 },
    )
  })

  it('give what V8 itself would give for a value that has been through V8 before', () => {
    fc.assert(
      fc.property(arbitraryData(), (value) => {
        const cloned: unknown = v8.deserialize(v8.serialize(value))
        assertSameValue(roundTrip(cloned), cloned)
      }),
      { numRuns: 500 },
    )
  })

  it('take another form where JSON would be longer than a text can be', (test) => {
    const frozen = Object.freeze({ text: 'a' })
    const values: unknown[] = [{ text: 'a' }, ['a', null], '\ud800', { deep: [frozen] }]
    // What it does for 90 million characters that it escapes, which takes seconds.
    test.mock.method(JSON, 'stringify', () => {
      throw new RangeError('Invalid string length')
    })
    const captured: unknown[] = []
    const hooks: GraphHooks = {
      capture: (value) => {
        captured.push(value)
        return { captured: captured.length - 1 }
      },
      rebuild: (graph) => captured[(graph as { captured: number }).captured],
    }
    for (const value of values) {
      const payload = encode(value, 'value', hooks)
      assert.ok(payload.tag === Tag.clone || payload.tag === Tag.graphClone, String(payload.tag))
      assertSameValue(decode(payload, hooks), value)
    }
    assert.deepEqual(captured, [values[3]])
  })

  it('choose the cheapest form that is exact', () => {
    const shared = { a: 1 }
    const cases: [unknown, keyof typeof Tag][] = [
      [undefined, 'undefined'],
      [null, 'null'],
      [true, 'true'],
      [false, 'false'],
      [42, 'integer'],
      [-(2 ** 31), 'integer'],
      [2 ** 31, 'double'],
      [-0, 'double'],
      [NaN, 'double'],
      ['text', 'text'],
      ['\ud800', 'json'],
      [{ id: 1, tags: ['a', null, true], nested: { x: 1.5 } }, 'json'],
      [[1, 2, 3], 'json'],
      [[1, 2, 3, 4, 5, 6, 7, 8], 'integers'],
      [[1, 2, 3, 4, 5, 6, 7, 8.5], 'doubles'],
      [[1, 2, 3, 4, 5, 6, 7, -0], 'doubles'],
      [[1, 2, 3, 4, 5, 6, 7, 8n], 'clone'],
      [{ toJSON: 1 }, 'json'],
      [{ a: undefined }, 'clone'],
      [[-0], 'clone'],
      [[1, , 3], 'clone'],
      ['abc'.match(/b/), 'clone'],
      [[shared, shared], 'clone'],
      [new Map(), 'clone'],
      [new Date(), 'clone'],
      [Buffer.from('x'), 'clone'],
    ]
    for (const [value, form] of cases) assert.equal(encode(value, 'value', none).tag, Tag[form], String(value))
  })

  it('leave to capture whatever V8 would flatten, change or run', () => {
    class Point {
      x = 1
    }
    const withSymbol = { [Symbol.iterator]: 1 }
    const withGetter = {
      get now() {
        return assert.fail('a getter was run')
      },
    }
    const search = /a/g
    search.lastIndex = 1
    const values = [
      new Point(),
      withSymbol,
      withGetter,
      search,
      () => 1,
      Symbol.iterator,
      { toJSON: () => 'changed' },
      Object.create(null),
      Object.defineProperty({}, 'hidden', { value: 1 }),
      Object.defineProperty([1], 'x', { get: () => 1, enumerable: true }),
      Object.assign([1], { [Symbol.iterator]: 1 }),
      new (class extends Array {})(),
      new (class extends Uint8Array {})(4),
      Object.assign(new Date(), { note: 1 }),
      Object.assign(new Map(), { note: 1 }),
      Object.assign(new Uint8Array(4), { note: 1 }),
      Object.assign(Buffer.from('x'), { note: 1 }),
      Object.create(Date.prototype),
      Object.setPrototypeOf(new Map(), Date.prototype),
      new Error('x'),
      new URL('http://x'),
      new Proxy({}, {}),
      new Proxy([], {}),
      new SharedArrayBuffer(8),
      new Uint8Array(new SharedArrayBuffer(8)),
      new WeakMap(),
      Promise.resolve(),
      vm.runInNewContext('({ a: 1 })'),
    ]
    for (const value of values) {
      assert.throws(() => encode(value, 'value', none), /captured/, Object.prototype.toString.call(value))
      assert.throws(() => encode({ deep: [value] }, 'value', none), /captured/)
    }
  })

  it('do not believe a prototype that somebody gave a toJSON', () => {
    const prototype = Object.prototype as { toJSON?: unknown }
    prototype.toJSON = () => 'changed'
    let payload: Payload
    try {
      payload = encode({ a: [1] }, 'value', none)
    } finally {
      delete prototype.toJSON
    }
    assert.deepEqual(decode(payload, none), { a: [1] })
  })

  it('carry data that nests deeper than a recursion could, through capture', () => {
    let deep: unknown[] = []
    for (let i = 0; i < 100_000; i++) deep = [deep]
    assert.throws(() => encode(deep, 'value', none), /captured/)
  })

  it('take no longer for an array that is a billion long and almost empty', () => {
    const sparse: unknown[] = []
    sparse[1_000_000_000] = { at: 'the end' }
    const arrived = roundTrip(sparse) as unknown[]
    assert.equal(arrived.length, 1_000_000_001)
    assert.deepEqual(arrived[1_000_000_000], { at: 'the end' })
  })

  it('are not disturbed by a thousand values that fail', () => {
    for (let i = 0; i < 1000; i++) assert.throws(() => encode({ a: [{ b: Symbol('no') }], c: {} }, 'value', none))
    const value = { a: [{ b: 1 }], c: {} }
    assertSameValue(roundTrip(value), value)
  })

  it('keep nothing of a body, which is only lent', () => {
    const numbers = [1.5, 2, 3, 4, 5, 6, 7, 8]
    const payload = encode([numbers, new Uint8Array([1, 2, 3])], 'value', none)
    const lent = Buffer.from(payload.body)
    const arrived = decode({ ...payload, body: lent }, none)
    lent.fill(0xff)
    assertSameValue(arrived, [numbers, new Uint8Array([1, 2, 3])])
  })

  it('do not see what is written into a value after it was encoded', () => {
    const value = { small: new Uint8Array([1]), list: [1, 2] }
    const payload = encode(value, 'value', none)
    value.small[0] = 9
    value.list.push(3)
    assertSameValue(decode(payload, none), { small: new Uint8Array([1]), list: [1, 2] })
  })

  it('tell of bytes that are no value with a ValueUnreadableError', () => {
    const bad: Payload[] = [
      { tag: 99, body: '', buffers: [] },
      { tag: Tag.json, body: '{"a":', buffers: [] },
      { tag: Tag.clone, body: new Uint8Array([1, 2, 3]), buffers: [] },
      { tag: Tag.clone, body: new Uint8Array(0), buffers: [] },
      { tag: Tag.double, body: new Uint8Array(2), buffers: [] },
      { tag: Tag.doubles, body: new Uint8Array(9), buffers: [] },
    ]
    for (const payload of bad) assert.throws(() => decode(payload, none), ValueUnreadableError)
  })

  it('tell of bytes that were changed on the way instead of ending the process', () => {
    const whole = encode({ a: new Map([[1, new Uint8Array(50_000)]]), b: [undefined] }, 'value', none)
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 0, max: 255 }), (at, byte) => {
        const body = Buffer.from(whole.body)
        body[at % body.length] = byte
        try {
          decode({ ...whole, body }, none)
        } catch (error) {
          assert.ok(error instanceof ValueUnreadableError, String(error))
        }
      }),
      { numRuns: 1500 },
    )
  })
})

const none: GraphHooks = {
  capture() {
    throw new Error('captured')
  },
  rebuild: () => assert.fail('nothing was captured'),
}

function roundTrip(value: unknown): unknown {
  const payload = encode(value, 'value', none)
  const body = typeof payload.body === 'string' ? payload.body : new Uint8Array(payload.body)
  return decode({ ...payload, body, buffers: payload.buffers.map((bytes) => bytes.slice()) }, none)
}
