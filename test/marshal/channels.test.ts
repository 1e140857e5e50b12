import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import fc from 'fast-check'
import { Pool, registerType } from 'manycore'
import { arbitraryData } from '../support/arbitrary-value.ts'
import { assertSameValue } from '../support/same-value.ts'

class Money {
  readonly cents: bigint
  constructor(cents: bigint) {
    this.cents = cents
  }
}
registerType(Money, { encode: ({ cents }) => cents, decode: (cents) => new Money(cents as bigint) })

class Broken {
  readonly n: number
  constructor(n: number) {
    this.n = n
  }
}
registerType(Broken, {
  encode: ({ n }) => n,
  decode: (n) => {
    throw new RangeError(`${String(n)} cannot be read`)
  },
})

class Point {
  x: unknown
  constructor(x: unknown) {
    this.x = x
  }
  read(): unknown {
    return this.x
  }
}

for (const backend of ['process', 'thread'] as const) {
  describe(`values over a real ${backend}`, () => {
    const pool = new Pool({ processes: 1, backend })
    after(() => pool.terminate())

    it('come back the same, whatever they are made of', async () => {
      await fc.assert(
        fc.asyncProperty(arbitraryData(), async (value) => {
          assertSameValue(await pool.apply((given: unknown) => given, [value]), value)
        }),
        { numRuns: 150 },
      )
    })

    it('come back the same inside of instances, beside functions', async () => {
      await fc.assert(
        fc.asyncProperty(arbitraryData(), async (value) => {
          const back = await pool.apply((given: { held: Point }) => given, [{ held: new Point([value, value]) }])
          assert.ok(back.held instanceof Point)
          const [one, other] = back.held.read() as unknown[]
          assert.ok(Object.is(one, other))
          assertSameValue(one, value)
        }),
        { numRuns: 60 },
      )
    })

    it('of a registered type are made by its decode() there, and here again', async () => {
      const double = (one: Money): Money => new Money(one.cents * 2n)
      const back = await pool.apply(double, [new Money(21n)])
      assert.ok(back instanceof Money)
      assert.equal(back.cents, 42n)
    })

    it('are not changed by what happens after the call, however big', async () => {
      for (const length of [10, 10_000, 5_000_000]) {
        const bytes = new Uint8Array(length).fill(1)
        const data = { list: [1, 2], bytes }
        const pending = pool.apply(
          (given: typeof data) => [given.list.length, Math.max(...given.bytes.subarray(-10))],
          [data],
        )
        data.list.push(3)
        bytes.fill(9)
        assert.deepEqual(await pending, [2, 1])
      }
    })

    it('that cannot be encoded cost their own task, a thousand times in a row', async () => {
      for (let i = 0; i < 1_000; i++) {
        assert.throws(() => void pool.apply((x: unknown) => x, [Promise.resolve(i)]), { code: 'MC_VALUE_UNSENDABLE' })
      }
      assert.equal(await pool.apply((x: number) => x + 1, [1]), 2)
    })

    it('that cannot be encoded as results cost their own task, a thousand times in a row', async () => {
      const answers = await pool.map((i: number) => (i % 2 === 0 ? i : { stop: new AbortController() }), range(2_000), {
        onError: 'settle',
      })
      const failed = answers.filter(({ status }) => status === 'rejected')
      assert.equal(failed.length, 1_000)
      assert.deepEqual(answers.at(-2), { status: 'fulfilled', value: 1_998 })
    })

    it('that cannot be decoded cost their own task, a thousand times in a row', async () => {
      const outcomes = await Promise.allSettled(range(1_000).map((n) => pool.apply((x: unknown) => x, [new Broken(n)])))
      assert.ok(outcomes.every(({ status }) => status === 'rejected'))
      assert.match(String((outcomes[7] as PromiseRejectedResult).reason), /7 cannot be read/)
      assert.equal(await pool.apply((x: number) => x + 1, [1]), 2)
    })
  })
}

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i)
}
