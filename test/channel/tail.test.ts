import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Tail } from '#dist/channel/tail.js'

describe('the tail of a long buffer', () => {
  for (const length of [1, 131_072, 1_048_577, 3_000_000]) {
    for (const taken of [0, 1, 100_000, 131_072]) {
      it(`of ${length} bytes is copied from its end on, while ${taken} bytes leave between two steps`, () => {
        const bytes = new Uint8Array(length).map((_, at) => (at * 7 + (at >> 8)) & 0xff)
        const sent: Uint8Array[] = []
        const tail = new Tail(bytes)
        let front = 0
        while (front < tail.start) {
          tail.grow(front)
          const part = Math.min(taken, tail.start - front)
          sent.push(bytes.slice(front, front + part))
          front += part
        }
        const before = Buffer.from(bytes)
        bytes.fill(0)
        assert.equal(Buffer.concat([...sent, ...tail.pieces()]).compare(before), 0)
      })
    }
  }
})
