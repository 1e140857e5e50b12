import assert from 'node:assert/strict'
import type { Case } from './case.ts'

const echo = <T>(value: T): T => value
/** Makes the value travel by the graph: a function beside it keeps it from being plain. */
const tagged = <T>(value: T): { value: T; mark: () => string } => ({ value, mark: () => 'mark' })

/** Values with identity, prototypes and attributes. */
export const valueCases: readonly Case[] = [
  {
    name: 'primitives of every kind',
    run: async ({ call }) => {
      const all = [undefined, null, true, 0, -0, NaN, Infinity, 2 ** 53, 12n, '', 'é😀', '\ud800']
      assert.deepEqual((await call(echo, tagged(all))).value, all)
    },
  },
  {
    name: 'symbols: well-known, registered and unique ones, as values and as keys',
    run: async ({ call }) => {
      const unique = Symbol('unique')
      const bag = { [unique]: 1, [Symbol.for('shared')]: 2, again: unique }
      const read = (): unknown[] => [
        bag[unique],
        bag[Symbol.for('shared') as keyof typeof bag],
        bag.again === unique,
        unique.description,
        Symbol.iterator,
      ]
      assert.deepEqual(await call(read), [1, 2, true, 'unique', Symbol.iterator])
    },
  },
  {
    name: 'a unique symbol that is sent twice is one symbol there, and comes back as itself',
    run: async ({ call }) => {
      const key = Symbol('key')
      class Keyed {
        [key] = 1
        read(): number {
          return this[key]
        }
      }
      const keep = (one: Keyed): number[] => {
        const kept = ((globalThis as { keyed?: Keyed[] }).keyed ??= [])
        kept.push(one)
        return kept.map((each) => each.read())
      }
      await call(keep, new Keyed())
      assert.deepEqual(await call(keep, new Keyed()), [1, 1])
      const back = await call((given: symbol) => ({ [given]: 'found', given }), key)
      assert.equal(back.given, key)
      assert.equal(back[key], 'found')
    },
  },
  {
    name: 'cycles and shared identity',
    run: async ({ call }) => {
      interface Node {
        self?: Node
        list: unknown[]
      }
      const shared = { n: 1 }
      const node: Node = { list: [shared, shared] }
      node.self = node
      node.list.push(node.list)
      const back = (await call(echo, tagged(node))).value
      assert.equal(back.self, back)
      assert.equal(back.list[0], back.list[1])
      assert.equal(back.list[2], back.list)
    },
  },
  {
    name: 'sparse arrays, array properties and array holes at the end',
    run: async ({ call }) => {
      const array = Object.assign([1, , 3, ,], { extra: () => 'x' })
      const back = await call(echo, array)
      assert.deepEqual([back.length, 1 in back, 3 in back, back.extra()], [4, false, false, 'x'])
    },
  },
  {
    name: 'accessors on objects, not run here',
    run: async ({ call }) => {
      let ran = 0
      const object = {
        base: 2,
        get twice(): number {
          ran++
          return this.base * 2
        },
      }
      assert.equal(await call(() => object.twice), 4)
      assert.equal(ran, 0)
    },
  },
  {
    name: 'attributes: not enumerable, not writable, frozen, sealed, fixed',
    run: async ({ call }) => {
      const hidden = Object.defineProperty({ f: () => 1 }, 'hidden', { value: 2 })
      const states = [Object.freeze(tagged(1)), Object.seal(tagged(2)), Object.preventExtensions(tagged(3))] as const
      const frozenArray = Object.freeze([1, 2])
      const read = (): unknown[] => [
        Object.getOwnPropertyDescriptor(hidden, 'hidden'),
        Object.isFrozen(states[0]),
        Object.isSealed(states[1]) && !Object.isFrozen(states[1]),
        !Object.isExtensible(states[2]) && !Object.isSealed(states[2]),
        Object.isFrozen(frozenArray),
      ]
      assert.deepEqual(await call(read), [
        { value: 2, writable: false, enumerable: false, configurable: false },
        true,
        true,
        true,
        true,
      ])
    },
  },
  {
    name: 'objects without a prototype, and with one that is a plain object',
    run: async ({ call }) => {
      const bare = Object.assign(Object.create(null) as Record<string, unknown>, { a: 1 })
      const parent = { shared: 'p', own: () => 'o' }
      const child = Object.assign(Object.create(parent) as typeof parent, { extra: 1 })
      const read = (): unknown[] => [
        Object.getPrototypeOf(bare),
        bare['a'],
        Object.getPrototypeOf(child) === parent,
        child.shared,
        child.own(),
      ]
      assert.deepEqual(await call(read), [null, 1, true, 'p', 'o'])
    },
  },
  {
    name: 'a property named __proto__',
    run: async ({ call }) => {
      const object = JSON.parse('{"__proto__": {"a": 1}, "b": 2}') as object
      const back = await call(echo, tagged(object))
      assert.deepEqual(Object.getOwnPropertyDescriptor(back.value, '__proto__')?.value, { a: 1 })
      assert.equal(Object.getPrototypeOf(back.value), Object.prototype)
    },
  },
  {
    name: 'Map, Set and their identity with what is around them',
    run: async ({ call }) => {
      const key = { id: 1 }
      const map = new Map<unknown, unknown>([
        [key, 'by identity'],
        [NaN, new Set([key])],
      ])
      const read = (): unknown[] => [map.get(key), (map.get(NaN) as Set<unknown>).has(key)]
      assert.deepEqual(await call(read), ['by identity', true])
    },
  },
  {
    name: 'WeakMap, WeakSet and WeakRef, as far as their keys travel',
    run: async ({ call }) => {
      const key = { id: 1 }
      const weak = new WeakMap<object, { id: number }>([
        [key, { id: 2 }],
        [{ id: 3 }, { id: 4 }],
      ])
      const set = new WeakSet([key])
      const ref = new WeakRef(key)
      assert.deepEqual(await call(() => [weak.get(key)?.id, set.has(key), ref.deref() === key, weak.has({})]), [
        2,
        true,
        true,
        false,
      ])
    },
  },
  {
    name: 'Date, RegExp with lastIndex, boxed primitives',
    run: async ({ call }) => {
      const regexp = /b/g
      regexp.lastIndex = 3
      const all = tagged([
        new Date(0),
        new Date(NaN),
        regexp,
        Object(-0),
        Object('text'),
        Object(5n),
        Object(Symbol.iterator),
      ])
      const { value } = await call(echo, all)
      const [date, invalid, back, zero, text, big, symbol] = value as [
        Date,
        Date,
        RegExp,
        object,
        object,
        object,
        object,
      ]
      assert.deepEqual(
        [date.getTime(), invalid.getTime(), back.source, back.flags, back.lastIndex],
        [0, NaN, 'b', 'g', 3],
      )
      assert.ok(Object.is(zero.valueOf(), -0))
      assert.deepEqual([text.valueOf(), big.valueOf(), symbol.valueOf()], ['text', 5n, Symbol.iterator])
    },
  },
  {
    name: 'typed arrays that share one buffer, DataView and Buffer',
    run: async ({ call }) => {
      const buffer = new ArrayBuffer(32)
      const all = tagged({
        bytes: new Uint8Array(buffer, 8, 8),
        words: new Uint32Array(buffer, 8, 2),
        view: new DataView(buffer, 12, 4),
        text: Buffer.from('héllo'),
      })
      const write = (given: typeof all): unknown[] => {
        given.value.words[0] = 258
        given.value.view.setUint8(0, 9)
        return [
          [...given.value.bytes],
          given.value.text.toString(),
          Buffer.isBuffer(given.value.text),
          given.value.bytes.buffer === given.value.words.buffer,
        ]
      }
      assert.deepEqual(await call(write, all), [[2, 1, 0, 0, 9, 0, 0, 0], 'héllo', true, true])
      assert.equal(new Uint8Array(buffer)[8], 0)
    },
  },
  {
    name: 'a whole ArrayBuffer beside its views',
    run: async ({ call }) => {
      const buffer = new Uint8Array([1, 2, 3, 4]).buffer
      const all = tagged({ buffer, part: new Uint8Array(buffer, 1, 2) })
      const { value } = await call(echo, all)
      assert.equal(value.part.buffer, value.buffer)
      assert.deepEqual([...new Uint8Array(value.buffer)], [1, 2, 3, 4])
    },
  },
  {
    name: 'URL, URLSearchParams and DOMException',
    run: async ({ call }) => {
      const all = tagged({
        url: new URL('https://example.org/a?b=1'),
        query: new URLSearchParams('a=1&a=2'),
        stop: new DOMException('stopped', 'AbortError'),
      })
      const { value } = await call(echo, all)
      assert.deepEqual(
        [value.url.href, value.query.getAll('a'), value.stop.name, value.stop instanceof DOMException],
        ['https://example.org/a?b=1', ['1', '2'], 'AbortError', true],
      )
    },
  },
  {
    name: 'errors with stack, own fields, cause and parts',
    run: async ({ call }) => {
      const error = Object.assign(new AggregateError([new TypeError('one'), 2], 'many', { cause: 'because' }), {
        code: 'E_X',
      })
      const back = await call(echo, error)
      assert.ok(back instanceof AggregateError && back.errors[0] instanceof TypeError)
      assert.deepEqual(
        [back.message, back.code, back.cause, back.errors[1], back.stack],
        ['many', 'E_X', 'because', 2, error.stack],
      )
      assert.deepEqual(Object.keys(back), ['code'])
    },
  },
  {
    name: 'intrinsics and builtin modules by reference',
    run: async ({ call }) => {
      const table = {
        max: Math.max,
        math: Math,
        json: JSON,
        proto: Array.prototype,
        map: Map,
        iterator: Object.getPrototypeOf([][Symbol.iterator]()) as object,
      }
      const check = (given: typeof table): boolean[] => [
        given.max === Math.max,
        given.math === Math,
        given.json === JSON,
        given.proto === Array.prototype,
        given.map === Map,
        given.iterator === Object.getPrototypeOf([][Symbol.iterator]()),
      ]
      assert.deepEqual(await call(check, table), [true, true, true, true, true, true])
    },
  },
  {
    name: 'a list of 20,000 linked nodes with methods',
    run: async ({ call }) => {
      interface Link {
        next: Link | undefined
        n(): number
      }
      let list: Link | undefined
      for (let i = 0; i < 20_000; i++) list = { next: list, n: () => 1 }
      const count = (start: Link | undefined): number => {
        let sum = 0
        for (let at = start; at; at = at.next) sum += at.n()
        return sum
      }
      assert.equal(await call(count, list), 20_000)
    },
  },
  {
    name: 'plain data nested 5,000 deep',
    run: async ({ call }) => {
      let data: { inner?: object } = {}
      for (let i = 0; i < 5_000; i++) data = { inner: data }
      const depth = (start: { inner?: object }): number => {
        let n = 0
        for (let at: { inner?: object } | undefined = start; at; at = at.inner as { inner?: object } | undefined) n++
        return n
      }
      assert.equal(await call(depth, data), 5_001)
    },
  },
  {
    name: 'data that is changed after the call',
    run: async ({ call }) => {
      const data = { list: [1, 2] }
      const pending = call((given: typeof data) => given.list.length, data)
      data.list.push(3)
      assert.equal(await pending, 2)
    },
  },
]
