import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ValueUnsendableError } from '#dist/base/errors.js'
import { decode, encode, encodePlain, type GraphHooks } from '#dist/codec/codec.js'
import { checkLengths, fits, longest } from '#dist/codec/longest.js'
import { Tag } from '#dist/codec/tag.js'
import { withLongest } from '../support/with-longest.ts'

const hooks = { capture: assert.fail, rebuild: assert.fail } as GraphHooks

describe('what is longer than a message', () => {
  it('is told by its size and with the way out', () => {
    // Memory that nobody touches takes none.
    const tooLong = new Uint8Array(2 ** 30 + 1)
    assert.equal(fits(tooLong), false)
    assert.equal(fits(tooLong.subarray(1)), true)
    assert.throws(() => checkLengths(tooLong, []), /take 1073741825 bytes, .* at most 1073741824\. Send it in smaller/)
    assert.throws(() => checkLengths(NOTHING, [{ length: 2 ** 32 + 1 }]), /buffers takes 4294967297 bytes/)
    assert.throws(() => checkLengths(NOTHING, Array(2 ** 20 + 1).fill(NOTHING)), /has 1048577 long buffers/)
    checkLengths(NOTHING, [{ length: 2 ** 32 }])
  })

  it('is refused while it is encoded, in every form, and takes a shorter form where there is one', () => {
    withLongest(10_000, () => {
      const refused = [
        'é'.repeat(10_000),
        ['x'.repeat(11_000)],
        Array(2000).fill(Math.PI),
        Object.freeze(['y'.repeat(10_000)]),
      ]
      for (const value of refused) {
        assert.throws(
          () => encode(value, 'args[0]', { ...hooks, capture: (graph) => structuredClone(graph) }),
          (error: ValueUnsendableError) =>
            error.code === 'MC_VALUE_UNSENDABLE' &&
            /^args\[0\] cannot be sent: its values take \d{5} bytes/.test(error.message),
        )
      }
      for (const values of refused.filter(Array.isArray)) assert.equal(encodePlain(values as unknown[]), undefined)
      // Three bytes in UTF-8 and two in V8's clone.
      const payload = encode('€'.repeat(4000), 'value', hooks)
      assert.equal(payload.tag, Tag.clone)
      assert.equal(decode(payload, hooks), '€'.repeat(4000))
      const fitting = ['z'.repeat(10_000), ['z'.repeat(9_996)], Array(1250).fill(0.5), new Uint8Array(100_000)]
      for (const value of fitting) assert.deepEqual(decode(encode(value, 'value', hooks), hooks), value)
    })
  })

  it('has the limits of the channel', () => {
    assert.deepEqual(longest, { bodyBytes: 2 ** 30, bufferBytes: 2 ** 32, buffers: 2 ** 20 })
  })
})

const NOTHING = new Uint8Array(0)
