import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Pool, RemoteError } from 'manycore'
import { decode, encode, type GraphHooks } from '#dist/codec/codec.js'
import { Tag } from '#dist/codec/tag.js'
import { createMarshal } from '#dist/marshal/create-marshal.js'
import { arbitraryData } from '../support/arbitrary-value.ts'
import { isLocked, Locked, LockedError } from '../fixtures/locked.ts'
import { assertSameValue } from '../support/same-value.ts'

type Change = (object: object) => object
const CHANGES: readonly Change[] = [Object.freeze, Object.seal, Object.preventExtensions]

describe('frozen, sealed and fixed data', () => {
  it('arrives as it was, in any place of any plain data', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryData(), fc.array(fc.nat(), { maxLength: 4 }), fc.nat(2), async (value, places, how) => {
        const objects = [...objectsIn(value)]
        for (const place of places) attempt(CHANGES[how]!, objects[place % objects.length])
        const arrived = await roundTrip(value)
        assertSameValue(arrived, value)
        assert.deepEqual([...objectsIn(arrived)].map(integrity), [...objectsIn(value)].map(integrity))
      }),
      { numRuns: 300 },
    )
  })

  it('needs no capture while it is JSON', () => {
    const value = { list: Object.freeze([1, Object.seal({ a: 1 })]), loose: {}, fixed: Object.preventExtensions({}) }
    const payload = encode(value, 'value', none)
    assert.equal(payload.tag, Tag.protectedJson)
    const arrived = decode(payload, none) as typeof value
    assert.deepEqual(arrived, value)
    assert.deepEqual([...objectsIn(arrived)].map(integrity), [...objectsIn(value)].map(integrity))
  })

  it('is not confused with single properties that cannot be changed', async () => {
    const value = Object.defineProperty({ b: 1 }, 'a', { value: 1, enumerable: true })
    const arrived = (await roundTrip(value)) as object
    assert.equal(Object.getOwnPropertyDescriptor(arrived, 'a')?.writable, false)
    assert.ok(Object.isExtensible(arrived))
  })
})

describe('what is beside the items', () => {
  it('of arrays of any length is kept, and no getter among them is run', async () => {
    const change: readonly ((array: unknown[]) => unknown)[] = [
      (array) => Object.defineProperty(array, array.length - 1, { get: () => 7, enumerable: true, configurable: true }),
      (array) => Object.defineProperty(array, array.length - 1, { writable: false }),
      (array) => Object.defineProperty(array, 'length', { writable: false }),
      (array) => Object.preventExtensions(Object.defineProperty(array, 0, { writable: false })),
      (array) => Object.seal(Object.defineProperty(array, 0, { writable: false })),
      (array) => Object.defineProperty(array, 'hidden', { value: 5 }),
      (array) => Object.defineProperty(array, Symbol.for('hidden'), { value: 5 }),
    ]
    for (const length of [1, 3, 12, 40, 100, 3000]) {
      for (const item of [1, 0.5, 'a', { a: 1 }]) {
        for (const make of change) {
          const array = make(Array.from({ length }, () => item)) as unknown[]
          for (const arrived of [await roundTrip(array), ((await roundTrip([array, () => 1])) as unknown[])[0]])
            assert.deepEqual(attributes(arrived as object), attributes(array))
        }
      }
      const unseen = Object.defineProperty([1], 0, { get: () => assert.fail('was run'), enumerable: true })
      createMarshal().encode(unseen, 'value')
    }
  })

  it('of views is kept, also where it is hidden', async () => {
    for (const make of [() => new Uint8Array(3000), () => Buffer.alloc(3)]) {
      const value = Object.defineProperty(make(), 'hidden', { value: 5 })
      for (const arrived of [await roundTrip(value), ((await roundTrip([value, () => 1])) as unknown[])[0]])
        assert.equal((arrived as { hidden?: number }).hidden, 5)
    }
  })

  it('of a Proxy of an array is not looked for: it is refused, and no trap of it is run', () => {
    const run = (): never => assert.fail('was run')
    const value: unknown = new Proxy([1], {
      get: run,
      getPrototypeOf: run,
      ownKeys: run,
      getOwnPropertyDescriptor: run,
    })
    for (const sent of [value, [value], { value }])
      assert.throws(() => createMarshal().encode(sent, 'value'), {
        code: 'MC_VALUE_UNSENDABLE',
        message: /is a Proxy/,
      })
  })
})

/** Each own property with its attributes; of accessors only that they are some. */
function attributes(object: object): unknown[] {
  return Reflect.ownKeys(object).map((key) => {
    const { get, value, ...rest } = Object.getOwnPropertyDescriptor(object, key)!
    return [key, get === undefined ? value : 'accessor', { ...rest, set: undefined }] as unknown
  })
}

describe('kinds of Node and of the language', () => {
  class MyUrl extends URL {}
  class MyBuffer extends ArrayBuffer {}
  class MyWeak extends WeakMap {}
  const makers = [
    () => new URL('http://x/'),
    () => new MyUrl('http://x/'),
    () => new URLSearchParams('a=1'),
    () => new DOMException('m', 'n'),
    () => new ArrayBuffer(3),
    () => new MyBuffer(3),
    () => new WeakMap(),
    () => new MyWeak(),
    () => new WeakSet(),
    () => new WeakRef({}),
  ]

  it('keep their class, own properties and whether they can be added to', async () => {
    for (const make of makers) {
      const value = Object.freeze(Object.assign(make(), { note: 1 }))
      const arrived = (await roundTrip(value)) as typeof value
      assert.equal(arrived.note, 1)
      assert.ok(Object.isFrozen(arrived))
      assert.equal(Object.getPrototypeOf(arrived), Object.getPrototypeOf(value))
    }
  })

  it('stay joined: a URL and its searchParams', async () => {
    const url = new URL('http://x/?a=1')
    for (const value of [[url, url.searchParams] as const, [url.searchParams, url] as const]) {
      const arrived = (await roundTrip(value)) as unknown[]
      const there = arrived.find((one) => one instanceof URL) as URL
      ;(arrived.find((one) => one instanceof URLSearchParams) as URLSearchParams).set('a', '2')
      assert.equal(there.href, 'http://x/?a=2')
    }
  })

  it('views follow their resizable buffer as they did', async () => {
    type Resizable = ArrayBuffer & { resizable: boolean; resize(length: number): void }
    const make = (length: number): Resizable =>
      new (ArrayBuffer as unknown as new (length: number, options: object) => Resizable)(length, {
        maxByteLength: 2 * length,
      })
    for (const length of [8, 80_000]) {
      const value = { tracks: new Uint8Array(make(length)), stays: new Uint16Array(make(length), 2, 2) }
      for (const arrived of [await roundTrip(value), ((await roundTrip([value, () => 1])) as unknown[])[0]]) {
        const { tracks, stays } = arrived as typeof value
        for (const view of [tracks, stays]) (view.buffer as Resizable).resize(2 * length)
        assert.deepEqual([tracks.length, stays.length, stays.byteOffset], [2 * length, 2, 2])
      }
    }
  })

  it('an `arguments` object keeps what was added to it and lacks what was deleted', async () => {
    const own = function (): Record<string, unknown> {
      return arguments as unknown as Record<string, unknown>
    } as (...items: number[]) => Record<string, unknown>
    const value = own(1, 2)
    value['note'] = 3
    delete value['1']
    const arrived = (await roundTrip(value)) as typeof value
    assert.deepEqual([arrived['0'], '1' in arrived, arrived['length'], arrived['note']], [1, false, 2, 3])
  })
})

describe('state that only the code of a class can reach', () => {
  const secrets = new WeakMap<object, string>()
  class Keeper {
    constructor(secret: string) {
      secrets.set(this, secret)
    }
    get secret(): string | undefined {
      return secrets.get(this)
    }
  }
  class PrivateError extends Error {
    readonly #secret = 5
    readonly code = 'C'
    get secret(): number {
      return this.#secret
    }
  }
  class WeakError extends Error {
    constructor(message: string) {
      super(message)
      secrets.set(this, message)
    }
  }

  it('comes along in a WeakMap of its module, and back', async () => {
    await using pool = new Pool({ processes: 1 })
    for (const secret of ['one', 'two', 'three'])
      assert.equal(await pool.apply((keeper: Keeper) => keeper.secret, [new Keeper(secret)]), secret)
    const kept = await pool.apply((keeper: Keeper) => [keeper, new Keeper('new')], [new Keeper('s')])
    assert.deepEqual(
      kept.map((keeper) => [keeper instanceof Keeper, keeper.secret]),
      [
        [true, 's'],
        [true, 'new'],
      ],
    )
    const error = await pool
      .apply(() => Promise.reject(new WeakError('m')))
      .then(assert.fail, (reason: unknown) => reason)
    assert.ok(error instanceof WeakError)
    assert.equal(secrets.get(error), 'm')
  })

  it('comes along wherever the WeakMap is that the class can reach', async () => {
    class InStatic {
      static readonly #kept = new WeakMap<object, number>()
      constructor(value: number) {
        InStatic.#kept.set(this, value)
      }
      get value(): number | undefined {
        return InStatic.#kept.get(this)
      }
    }
    const holder = { kept: new WeakMap<object, number>() }
    class InObject {
      constructor(value: number) {
        holder.kept.set(this, value)
      }
      get value(): number | undefined {
        return holder.kept.get(this)
      }
    }
    await using pool = new Pool({ processes: 1 })
    const values = await pool.apply(
      (a: InStatic, b: InObject) => [a.value, b.value],
      [new InStatic(1), new InObject(2)],
    )
    const back = await pool.apply(() => [new InStatic(3), new InObject(4)] as const)
    assert.deepEqual([...values, ...back.map(({ value }) => value)], [1, 2, 3, 4])
    assert.ok(back[0] instanceof InStatic && back[1] instanceof InObject)
  })

  it('makes a RemoteError of an error whose class is from here and has `#private` members, with its text and fields', async () => {
    await using pool = new Pool({ processes: 1 })
    const fail = (): never => {
      throw Object.assign(new PrivateError('m', { cause: new RangeError('c') }), { note: 1 })
    }
    const error: unknown = await pool.apply(fail).then(assert.fail, (reason: unknown) => reason)
    assert.ok(error instanceof RemoteError)
    assert.deepEqual([error.message, error.remoteName, (error as { note?: number }).note], ['m', 'Error', 1])
    assert.match(error.remoteStack, /Error: m/)
    assert.ok(error.cause instanceof RangeError)
  })

  it('of an error whose class was made in the worker arrives with it', async () => {
    await using pool = new Pool({ processes: 1 })
    const fail = (): never => {
      const notes = new WeakMap<object, string>()
      class MadeThere extends Error {
        readonly #secret = 6
        readonly code = 'C'
        get secret(): number {
          return this.#secret
        }
        get note(): string | undefined {
          return notes.get(this)
        }
      }
      const error = new MadeThere('m', { cause: new RangeError('c') })
      notes.set(error, 'noted')
      throw new AggregateError([error, new Error('other', { cause: error })], 'both')
    }
    const both = (await pool.apply(fail).then(assert.fail, (reason: unknown) => reason)) as AggregateError
    const error = both.errors[0] as Error & { secret: number; note: string; code: string }
    assert.ok(error instanceof Error && error.constructor.name === 'MadeThere')
    assert.deepEqual([error.message, error.code, error.secret, error.note], ['m', 'C', 6, 'noted'])
    assert.ok(error.cause instanceof RangeError)
    assert.match(error.stack ?? '', /exact-values\.test\.[jt]s:\d+/)
    assert.equal((both.errors[1] as Error).cause, error)
  })

  it('is refused where the class would be there twice: by copy and by import', async () => {
    await using pool = new Pool({ processes: 1 })
    const problem = {
      code: 'MC_VALUE_UNSENDABLE',
      message: /instance of Locked.*import .*locked.*another class Locked there/,
    }
    assert.equal(await pool.apply((locked: Locked) => locked.opens(3), [new Locked(3)]), true)
    await assert.rejects(async () => pool.apply((value: unknown) => value instanceof Locked, [new Locked(3)]), {
      ...problem,
      path: 'args[0]',
    })
    await assert.rejects(
      pool.apply(() => new Locked(3)),
      { ...problem, path: 'result' },
    )
    const fail = (): never => {
      throw new LockedError('m')
    }
    await assert.rejects(pool.apply(fail), (error) => error instanceof RemoteError && error.message === 'm')
    const locked = new Locked(4)
    assert.equal(await pool.apply(() => locked instanceof Locked && locked.opens(4)), true)
    await assert.rejects(async () => pool.apply(() => isLocked(locked)), {
      code: 'MC_FUNCTION_UNSENDABLE',
      message: /its variable `locked` is an instance of Locked/,
    })
  })

  it('as a symbol key of an error is no such state, and arrives', async () => {
    const error = Object.assign(new Error('m'), { [Symbol.for('note')]: 5 })
    const arrived = await createMarshal().decodeError(createMarshal().encodeError(error))
    assert.equal((arrived as typeof error)[Symbol.for('note')], 5)
  })
})

const none: GraphHooks = {
  capture: () => assert.fail('captured'),
  rebuild: () => assert.fail('rebuilt'),
}

function* objectsIn(value: unknown, seen: Set<unknown> = new Set()): Generator<object> {
  if (typeof value !== 'object' || value === null || seen.has(value)) return
  seen.add(value)
  yield value
  if (ArrayBuffer.isView(value)) return
  if (value instanceof Map) for (const [key, item] of value) for (const one of [key, item]) yield* objectsIn(one, seen)
  else if (value instanceof Set) for (const item of value) yield* objectsIn(item, seen)
  else for (const item of Object.values(value)) yield* objectsIn(item, seen)
}

// Views with items cannot be frozen.
function attempt(change: Change, object: object | undefined): void {
  try {
    if (object !== undefined) change(object)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
  }
}

function integrity(object: object): boolean[] {
  return [Object.isFrozen(object), Object.isSealed(object), Object.isExtensible(object)]
}

async function roundTrip(value: unknown): Promise<unknown> {
  return await createMarshal().decode(createMarshal().encode(value, 'value'))
}
