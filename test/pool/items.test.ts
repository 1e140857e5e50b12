import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { countTogether, snapshot } from '#dist/pool/items.js'

const KIB = 1024

describe('items that travel together', () => {
  for (const [what, make] of [
    ['texts', (length: number): unknown => 'x'.repeat(length)],
    ['objects', (length: number): unknown => ({ text: 'x'.repeat(length) })],
  ] as const) {
    it(`are at most 128 KiB of ${what}, unless one alone is more`, () => {
      const items = snapshot(
        [50, 50, 50, 500, 50].map((kib) => make(kib * KIB)),
        0,
        false,
        false,
      )
      const counts: number[] = []
      for (let from = 0; from < items.length; from += counts.at(-1) ?? 1) counts.push(countTogether(items, from, 100))
      assert.deepEqual(counts, [2, 1, 1, 1])
    })
  }

  it('are as many numbers as are asked for', () => {
    assert.equal(countTogether(Array.from({ length: 100_000 }, Math.random), 0, 50_000), 50_000)
  })
})
