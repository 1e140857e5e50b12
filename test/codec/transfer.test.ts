import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { move } from 'manycore'
import { decode, encode, type GraphHooks } from '#dist/codec/codec.js'
import { keepPayload } from '#dist/codec/transfer.js'
import { assertSameValue } from '../support/same-value.ts'

const BIG = 100_000

describe('buffers', () => {
  it('of 32 KiB and more stay out of the body and are lent, smaller ones are copied into it', () => {
    const big = new Uint8Array(32 * 1024).fill(1)
    const small = new Uint8Array(32 * 1024 - 1).fill(2)
    const payload = encode({ big, small }, 'value', none)
    assert.equal(payload.buffers.length, 1)
    assert.equal(payload.buffers[0]!.buffer, big.buffer)
    assert.equal(payload.moved, undefined)
    assert.ok(payload.body.length > small.length && payload.body.length < small.length + 200)
    assertSameValue(decode(payload, none), { big, small })
  })

  it('become the receiver’s own without a copy when they come with their own memory', () => {
    const payload = encode(new Float64Array(BIG), 'value', none)
    const [arrived] = payload.buffers.map((bytes) => bytes.slice())
    const view = decode({ ...payload, buffers: [arrived!] }, none) as Float64Array
    assert.equal(view.buffer, arrived!.buffer)
  })

  it('are read right where they lie at an odd place of somebody’s memory', () => {
    const value = Float64Array.from({ length: BIG }, (_, i) => i)
    const payload = encode([value], 'value', none)
    const odd = new Uint8Array(BIG * 8 + 3).subarray(3)
    odd.set(payload.buffers[0]!)
    assertSameValue(decode({ ...payload, buffers: [odd] }, none), [value])
  })

  it('with several views stay one buffer, in the body and out of it', () => {
    for (const size of [64, BIG]) {
      const buffer = new ArrayBuffer(size)
      const value = [new Uint8Array(buffer, 8, 16), new Float64Array(buffer, 16, 2), new DataView(buffer)]
      const [bytes, doubles, view] = decode(encode(value, 'value', none), none) as typeof value
      ;(doubles as Float64Array)[0] = 7
      assert.equal((view as DataView).getFloat64(16, true), 7)
      assert.equal(bytes!.buffer, doubles!.buffer)
      assert.equal(bytes!.byteOffset, 8)
      assert.equal(view!.byteLength, size)
    }
  })

  it('that the value refers to itself are what its views show, and one view in two places is one view', () => {
    const buffer = new ArrayBuffer(16)
    const view = new Uint8Array(buffer, 4)
    const value = { view, again: view, buffer }
    const arrived = decode(encode(value, 'value', none), none) as typeof value
    assert.equal(arrived.view, arrived.again)
    assert.equal(arrived.view.buffer, arrived.buffer)
    assert.equal(arrived.view.byteOffset, 4)
  })

  it('behind a single view travel only as far as the view shows', () => {
    const file = new Uint8Array(1_000_000)
    const payload = encode(file.subarray(10, 20), 'value', none)
    assert.equal(payload.buffers.length, 0)
    assert.ok(payload.body.length < 200)
  })

  it('of Node’s pool do not take their neighbours along, unless they overlap', () => {
    const [one, two] = [Buffer.from('one'), Buffer.from('two')]
    assert.equal(one.buffer, two.buffer, 'both come from the pool')
    const payload = encode([one, two], 'value', none)
    assert.ok(payload.body.length < 200)
    assertSameValue(decode(payload, none), [one, two])
    const overlapping = [one, one.subarray(1)]
    const [first, rest] = decode(encode(overlapping, 'value', none), none) as Buffer[]
    rest![0] = 'x'.charCodeAt(0)
    assert.equal(first!.toString(), 'oxe')
  })

  it('of length 0 travel, and resizable ones stay resizable', () => {
    const resizable = new (ArrayBuffer as never as new (
      n: number,
      o: object,
    ) => ArrayBuffer & { maxByteLength: number })(8, {
      maxByteLength: 16,
    })
    assertSameValue(decode(encode([new Uint8Array(0), new ArrayBuffer(0)], 'value', none), none), [
      new Uint8Array(0),
      new ArrayBuffer(0),
    ])
    assert.equal((decode(encode(resizable, 'value', none), none) as typeof resizable).maxByteLength, 16)
  })

  it('that did not arrive whole make the value unreadable', () => {
    const payload = encode([new Uint8Array(BIG)], 'value', none)
    for (const buffers of [[], [new Uint8Array(BIG - 1)]]) {
      assert.throws(() => decode({ ...payload, buffers }, none), { code: 'MC_VALUE_UNREADABLE' })
    }
  })

  it('that were detached are left to capture, which refuses them', () => {
    const buffer = new ArrayBuffer(8)
    const view = new Uint8Array(buffer)
    structuredClone(buffer, { transfer: [buffer] })
    assert.throws(() => encode(buffer, 'value', none), /captured/)
    assert.throws(() => encode([view], 'value', none), /captured/)
  })

  it('in a payload that is kept cannot be written by the user any more', () => {
    const bytes = new Uint8Array(BIG).fill(1)
    const payload = keepPayload(encode([bytes], 'value', none))
    bytes.fill(2)
    assertSameValue(decode(payload, none), [new Uint8Array(BIG).fill(1)])
  })
})

describe('move()', () => {
  it('takes the memory at the call and gives a buffer of the same type', () => {
    for (const make of [
      () => new Uint8Array(BIG).fill(3),
      () => new Float64Array(BIG).fill(3),
      () => Buffer.alloc(BIG, 3),
      () => new DataView(new ArrayBuffer(BIG)),
      () => new ArrayBuffer(BIG),
    ]) {
      const given = make()
      const moved = move(given)
      assert.equal((given instanceof ArrayBuffer ? given : given.buffer).byteLength, 0)
      assertSameValue(moved, make())
    }
  })

  it('refuses memory that Node keeps, and leaves it alone', () => {
    const { Memory } = Reflect.get(globalThis, 'WebAssembly') as {
      Memory: new (size: { initial: number }) => { buffer: ArrayBuffer }
    }
    const { buffer } = new Memory({ initial: 1 })
    assert.throws(() => move(buffer), { code: 'MC_ARGUMENT_INVALID', message: /cannot take this ArrayBuffer/ })
    assert.throws(() => move(new Uint8Array(buffer)), { code: 'MC_ARGUMENT_INVALID', message: /Send it without move/ })
    assert.equal(buffer.byteLength, 65_536)
  })

  it('lets a channel have the memory without a copy, and takes it from its last owner', () => {
    const moved = move(new Uint8Array(BIG).fill(3))
    const payload = encode([moved, new Uint8Array(BIG)], 'value', none)
    assert.equal(moved.length, 0)
    assert.deepEqual(
      payload.buffers.map((bytes) => payload.moved!.has(bytes)),
      [true, false],
    )
    assertSameValue(decode(payload, none), [new Uint8Array(BIG).fill(3), new Uint8Array(BIG)])
  })

  it('leaves the buffer to its owner when the rest of the value cannot travel', () => {
    const moved = move(new Uint8Array(BIG))
    assert.throws(() => encode([moved, () => 1], 'value', none))
    assert.equal(moved.length, BIG)
  })

  it('refuses what is only a part of a buffer, shared memory, what was moved before, and anything else', () => {
    const gone = new Uint8Array(8)
    move(gone)
    const whole = new ArrayBuffer(8)
    move(whole)
    for (const value of [
      new Uint8Array(8).subarray(1),
      Buffer.from('x'),
      new SharedArrayBuffer(8),
      whole,
      {},
      1,
      undefined,
    ]) {
      assert.throws(() => move(value as ArrayBuffer), { code: 'MC_ARGUMENT_INVALID' })
    }
    assert.throws(
      () => move(Buffer.from('x')),
      /move\(\) got a view of 1 bytes of an ArrayBuffer of \d+, .* Send it without move\(\)/,
    )
  })
})

const none: GraphHooks = {
  capture() {
    throw new Error('captured')
  },
  rebuild: () => assert.fail('nothing was captured'),
}
