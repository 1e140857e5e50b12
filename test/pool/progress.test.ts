import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { Pool, zip, type Progress } from 'manycore'

const double = (n: number): number => n * 2
const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

function* upTo(count: number): Generator<number> {
  for (let n = 0; n < count; n++) yield n
}

async function* slowly(count: number): AsyncGenerator<number> {
  for (let n = 0; n < count; n++) {
    await new Promise((resolve) => setTimeout(resolve, 5))
    yield n
  }
}

describe('progress', () => {
  const pool = new Pool({ processes: 2 })
  after(() => pool.terminate())

  it('never goes back, reaches exactly the total before the call settles, and tells how long the rest takes', async () => {
    const seen: Progress[] = []
    const sleep = (n: number): Promise<number> => new Promise((resolve) => setTimeout(resolve, 20, n))
    await pool.map(sleep, numbers(40), { progress: (one) => seen.push(one) })
    // Ten times a second, and at both ends.
    const most = 2 + (seen.at(-1)?.elapsed ?? 0) / 99
    assert.ok(seen.length >= 2 && seen.length <= most, `${seen.length} calls`)
    for (const [at, { done, total, remaining, elapsed }] of seen.entries()) {
      assert.equal(total, 40)
      assert.ok(done >= (seen[at - 1]?.done ?? 0))
      assert.ok(remaining !== undefined && remaining >= 0 && elapsed > 0)
    }
    const last = seen.at(-1)
    assert.deepEqual([last?.done, last?.failed, last?.remaining], [40, 0, 0])
  })

  it('counts what failed, and stops in place where the source throws', async () => {
    let last: Progress | undefined
    const progress = (one: Progress): void => void (last = one)
    const odd = (n: number): number => {
      if (n % 3 === 0) throw new Error(`${n}`)
      return n
    }
    await assert.rejects(pool.map(odd, numbers(10), { progress }), /0/)
    assert.deepEqual([last?.done, last?.failed, last?.total], [6, 4, 10])
    function* broken(): Generator<number> {
      yield* upTo(5)
      throw new Error('broken')
    }
    await assert.rejects(collect(pool.imap(double, broken(), { progress })), /broken/)
    assert.deepEqual([last?.done, last?.failed, last?.total], [5, 0, 5])
  })

  it('#172 of nothing ends at 0 of 0', async () => {
    for (const items of [[], upTo(0), slowly(0)]) {
      const seen: Progress[] = []
      assert.deepEqual(await pool.map(double, items, { progress: (one) => seen.push(one) }), [])
      assert.deepEqual(
        seen.map(({ done, total }) => [done, total]),
        [[0, 0]],
      )
    }
  })

  it('ends the call with what it throws, at its end and before, and the pool goes on', async () => {
    const blow = (): never => {
      throw new RangeError('no progress')
    }
    await assert.rejects(pool.map(double, [1, 2], { progress: blow }), /no progress/)
    await assert.rejects(pool.map(double, slowly(1000), { progress: blow }), /no progress/)
    await assert.rejects(collect(pool.imap(double, slowly(1000), { progress: blow })), /no progress/)
    await assert.rejects(collect(pool.imapUnordered(double, [1], { progress: blow })), /no progress/)
    assert.equal(await pool.apply(double, [2]), 4)
    assert.throws(() => pool.map(double, [1], { progress: 1 as never }), { code: 'MC_ARGUMENT_INVALID' })
  })

  it('#185 has the length of the source as its total; one that the caller says may be too long or too short', async () => {
    for (const [length, said] of [
      [10, undefined],
      [10, 20],
      [10, 5],
    ] as const) {
      const totals: (number | undefined)[] = []
      const progress = ({ total }: Progress): void => void totals.push(total)
      assert.equal((await pool.map(double, slowly(length), { progress, length: said })).length, length)
      assert.equal(totals.at(-1), length)
      if (said === undefined) assert.equal(totals[0], totals.length === 1 ? length : undefined)
    }
  })
})

describe('the length of a stream', () => {
  const pool = new Pool({ processes: 1 })
  after(() => pool.terminate())

  it('#185 is that of its source, where that can be told', async () => {
    for (const source of [[1, 2, 3], new Set([1, 2, 3]), Uint8Array.of(1, 2, 3)]) {
      const stream = pool.imap(double, source, { buffer: 1 })
      assert.equal(stream.length, 3)
      assert.equal((await collect(stream)).length, 3)
      assert.equal(stream.length, 3)
    }
    const entries = pool.imap(
      ([key, value]: [number, number]) => key + value,
      new Map([
        [1, 2],
        [3, 4],
      ]),
      { buffer: 1 },
    )
    assert.equal(entries.length, 2)
    assert.deepEqual(await collect(entries), [3, 7])
  })

  it('#185 is not known of a generator before its end, or what the caller says', async () => {
    const stream = pool.imap(double, upTo(10), { buffer: 2 })
    assert.equal(stream.length, undefined)
    await collect(stream)
    assert.equal(stream.length, 10)
    for (const said of [4, 10, 30]) {
      const told = pool.imap(double, upTo(10), { buffer: 2, length: said })
      assert.equal(told.length, said)
      assert.equal((await collect(told)).length, 10)
      assert.equal(told.length, 10)
    }
    assert.throws(() => pool.imap(double, [1], { length: -1 }), { code: 'MC_ARGUMENT_INVALID' })
  })
})

describe('several sources', () => {
  const pool = new Pool({ processes: 1 })
  after(() => pool.terminate())

  it('#217 are read together until the shortest ends, in order', async () => {
    assert.deepEqual(await pool.starmap(Math.pow, zip([2, 3, 4], [5, 2])), [32, 9])
    assert.deepEqual(await pool.starmap(Math.pow, zip([2, 3], slowly(100))), [1, 3])
    const sum = ([a, b]: readonly [number, string]): string => `${a}${b}`
    assert.deepEqual(await collect(pool.imap(sum, zip(upTo(1_000_000_000), ['a', 'b']))), ['0a', '1b'])
    assert.deepEqual(await pool.starmap(Math.max, zip() as Iterable<number[]>), [])
  })

  it('are closed where they are left early or one of them throws', async () => {
    const closed: string[] = []
    function* endless(name: string): Generator<number> {
      try {
        for (let n = 0; ; n++) yield n
      } finally {
        closed.push(name)
      }
    }
    for (const _ of zip(endless('a'), endless('b'))) break
    for await (const _ of zip(endless('c'), slowly(2))) continue
    function* broken(): Generator<number> {
      yield 1
      throw new Error('broken')
    }
    assert.throws(() => [...zip(endless('d'), broken(), endless('e'))], /broken/)
    assert.deepEqual(closed.sort(), ['a', 'b', 'c', 'd', 'e'])
    const stuck = (): IterableIterator<number> => ({
      [Symbol.iterator]() {
        return this
      },
      next: () => ({ done: false, value: 0 }),
      return: () => {
        throw new Error('stuck')
      },
    })
    assert.throws(() => [...zip(stuck(), endless('f'), [1])], /stuck/)
    await assert.rejects(collect(zip(stuck(), endless('g'), slowly(1))), /stuck/)
    assert.deepEqual(closed.slice(5), ['f', 'g'])
  })
})

async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const value of values) all.push(value)
  return all
}
