import assert from 'node:assert/strict'
import { Socket } from 'node:net'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { registerType, ValueUnsendableError } from 'manycore'
import { createMarshal } from '#dist/marshal/create-marshal.js'
import { arbitraryData, primitive } from '../support/arbitrary-value.ts'
import { assertSameValue } from '../support/same-value.ts'

class Point {
  x: unknown
  y: unknown
  constructor(x: unknown, y: unknown) {
    this.x = x
    this.y = y
  }
}

class Secret extends Point {
  readonly #key: unknown
  constructor(key: unknown) {
    super(key, 1)
    this.#key = key
  }
  reveal(): unknown {
    return this.#key
  }
}

class List extends Array<unknown> {}

describe('values of all kinds', () => {
  it('round-trip, nested at random, with identity, cycles and prototypes', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryRich(), async (value) => assertSameValue(await roundTrip(value), value)),
      { numRuns: 150 },
    )
  })

  it('keep their class where their function is met after them, also where both are from', async () => {
    const Old = function () {} as unknown as { new (): { a?: () => number }; prototype: object }
    Old.prototype = { a: () => 1 }
    const one = new Old()
    const [rebuilt] = (await roundTrip([() => [one instanceof Old, one.a?.()]])) as [() => unknown[]]
    assert.deepEqual(rebuilt(), [true, 1])
  })

  it('keep what structured clone would lose', async () => {
    const shared = { deep: [1] }
    const search = /a/g
    search.lastIndex = 2
    const value = {
      accessor: Object.defineProperty({}, 'five', { get: () => 5, enumerable: true }),
      hidden: Object.defineProperty({}, 'h', { value: shared }),
      symbols: { [Symbol.iterator]: 1, [Symbol.for('registered')]: shared },
      nothing: Object.create(null) as object,
      search,
      list: List.from([1, 2]),
      point: new Point(shared, undefined),
      date: Object.assign(new Date(5), { note: 'n' }),
      url: new URL('http://x/y?z=1'),
      match: /(?<n>b)/.exec('abc'),
      error: Object.assign(new RangeError('r'), { code: 'C' }),
    }
    const arrived = (await roundTrip(value)) as typeof value
    assert.deepEqual(arrived.url, value.url)
    assert.equal((arrived.accessor as { five: number }).five, 5)
    assertSameValue({ ...arrived, url: 0, accessor: 0 }, { ...value, url: 0, accessor: 0 })
  })

  it('are instances of one class there, and of the class here when they come back', async () => {
    const [owner, worker] = [createMarshal(), createMarshal()]
    const there = (await worker.decode(owner.encode([new Point(1, 2), new Point(3, 4)], 'args'))) as Point[]
    assert.equal(there[0]!.constructor, there[1]!.constructor)
    const again = (await worker.decode(owner.encode(new Point(5, 6), 'args'))) as Point
    assert.equal(again.constructor, there[0]!.constructor)
    const back = await owner.decode(worker.encode(new (again.constructor as typeof Point)(1, 2), 'result'))
    assert.ok(back instanceof Point)
  })

  it('with private fields are not made where their own class is, which nobody else can write into', async () => {
    const payload = createMarshal().encode([new Secret('s')], 'args')
    await assert.rejects(async () => await createMarshal().decode(payload), {
      code: 'MC_VALUE_UNREADABLE',
      message: /^An instance of Secret arrived where that class itself is from\. .*registerType/,
    })
  })

  it('that cannot travel are refused with the path and the way out', () => {
    const cases: [unknown, string, RegExp][] = [
      [{ cache: { client: new Socket() } }, 'args[0].cache.client', /it is a Socket \(node:net\).* Open it inside/],
      [[1, Promise.resolve()], 'args[0][1]', /it is a Promise\. Await it/],
      [new Map([['k', new Proxy({}, {})]]), '', /it is a Proxy\. Send the object behind it/],
      [{ shared: new SharedArrayBuffer(8) }, 'args[0].shared', /it is a SharedArrayBuffer/],
      [{ 'odd key': (function* () {})() }, 'args[0]["odd key"]', /generator/],
    ]
    for (const [value, path, text] of cases) {
      assert.throws(
        () => createMarshal().encode([value], 'args'),
        (error: unknown) => {
          assert.ok(error instanceof ValueUnsendableError)
          assert.match(error.message, text)
          assert.ok(error.path.startsWith('args[0]'), error.path)
          if (path !== '') assert.equal(error.path, path)
          return true
        },
      )
    }
  })

  it('that cannot travel cost nothing else, a thousand times in a row', async () => {
    const owner = createMarshal()
    for (let i = 0; i < 1000; i++) assert.throws(() => owner.encode([{ p: Promise.resolve() }], 'args'))
    assertSameValue(await createMarshal().decode(owner.encode([new Point(1, 2)], 'args')), [new Point(1, 2)])
  })

  it('too deep for a recursion travel', async () => {
    let deep: unknown[] = []
    for (let i = 0; i < 20_000; i++) deep = [deep]
    let arrived = await roundTrip(deep)
    for (let depth = 0; depth < 20_000; depth++) [arrived] = arrived as unknown[]
    assert.deepEqual(arrived, [])
  })
})

describe('registerType()', () => {
  class Money {
    readonly open = new Socket()
    readonly cents: number
    constructor(cents: number) {
      this.cents = cents
    }
  }
  class Tip extends Money {}
  registerType(Money, { encode: (money) => money.cents, decode: (cents) => new Money(cents) })

  it('lets instances travel by what it says, their subclasses too, and back', async () => {
    const [owner, worker] = [createMarshal(), createMarshal()]
    const money = new Money(5)
    const there = (await worker.decode(owner.encode([money, money, new Tip(6)], 'args'))) as Money[]
    assert.equal(there[0], there[1])
    assert.deepEqual([there[0]!.cents, there[2]!.cents], [5, 6])
    const back = (await owner.decode(worker.encode({ money: there[0] }, 'result'))) as { money: Money }
    assert.ok(back.money instanceof Money)
  })

  it('takes a list of one number, and the one number that a function captured, for what they are', async () => {
    for (const number of [0, 1, 1000, -1, 0.5, NaN]) {
      class Counts {
        readonly list: readonly number[]
        constructor(list: readonly number[]) {
          this.list = list
        }
      }
      const twice = (list: readonly number[]): number[] => [...list, number]
      registerType(Counts, {
        encode: ({ list }) => ({ list, twice }),
        decode: (it) => new Counts(it.twice(it.list)),
        name: `Counts ${number}`,
      })
      const [owner, worker] = [createMarshal(), createMarshal()]
      const there = (await worker.decode(owner.encode([new Counts([number])], 'args'))) as Counts[]
      assert.deepEqual(there[0]?.list, [number, number])
    }
  })

  it('sends the type with its first instance only', () => {
    const owner = createMarshal()
    const [first, second] = [owner.encode(new Money(1), 'a'), owner.encode(new Money(2), 'a')]
    assert.ok(second.body.length * 2 < first.body.length, `${second.body.length} after ${first.body.length} bytes`)
  })

  it('refuses the value whose encode() throws, by its path, and makes unreadable the one whose decode() throws', async () => {
    class Loud {}
    class Mute {}
    registerType(Loud, { encode: () => assert.fail('no words'), decode: () => new Loud() })
    registerType(Mute, { encode: () => 1, decode: () => assert.fail('no voice') })
    const owner = createMarshal()
    assert.throws(() => owner.encode([{ x: new Loud() }], 'args'), {
      code: 'MC_VALUE_UNSENDABLE',
      message: /^args\[0\]\.x cannot be sent .* is a Loud, whose registered encode\(\) threw: no words/,
    })
    const payload = owner.encode([new Mute()], 'args')
    await assert.rejects(async () => await createMarshal().decode(payload), {
      code: 'MC_VALUE_UNREADABLE',
      message: /no voice/,
    })
  })

  it('refuses a second class of one name, a class without one, and what is no function', () => {
    const options = { encode: () => 1, decode: () => ({}) }
    const bad = [
      () => registerType(class Money {}, options),
      () => registerType(class {}, options),
      () => registerType({} as never, options),
      () => registerType(Point, {} as never),
      () => registerType(Point, undefined as never),
    ]
    for (const call of bad) assert.throws(call, { code: 'MC_ARGUMENT_INVALID' })
  })
})

function arbitraryRich(): fc.Arbitrary<unknown> {
  return fc
    .tuple(
      fc.array(arbitraryData(), { minLength: 1, maxLength: 3 }),
      fc.array(primitive(), { maxLength: 2 }),
      fc.nat(5),
    )
    .map(([data, extra, kind]) => {
      const [one] = data
      switch (kind) {
        case 0:
          return [new Point(one, data), one]
        case 1:
          return List.from([...data, one, new Point(extra, one)])
        case 2:
          return Object.assign(new RangeError('text', { cause: one }), { data, extra })
        case 3:
          return Object.assign(Object.create(null), { one, data, [Symbol.iterator]: extra })
        case 4:
          return new Map<unknown, unknown>([
            [new Point(1, one), data],
            [one, Object.defineProperty({}, 'h', { value: one })],
          ])
        default:
          return Object.assign(new Set([one, new Point(one, extra)]), { extra })
      }
    })
}

async function roundTrip(value: unknown): Promise<unknown> {
  return await createMarshal().decode(createMarshal().encode(value, 'value'))
}
