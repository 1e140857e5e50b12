import assert from 'node:assert/strict'
import { promisify } from 'node:util'
import type { Case } from './case.ts'

let moduleCounter = 0
const moduleConstant = 40
function isEven(n: number): boolean {
  return n === 0 || isOdd(n - 1)
}
function isOdd(n: number): boolean {
  return n !== 0 && isEven(n - 1)
}
function countUp(): number {
  return ++moduleCounter
}
const readCount = (): number => moduleCounter

/** Forms of functions, and what they may close over. */
export const functionCases: readonly Case[] = [
  {
    name: 'an arrow function',
    run: async ({ call }) => assert.equal(await call((x: number) => x + 1, 2), 3),
  },
  {
    name: 'an async arrow function',
    run: async ({ call }) => assert.equal(await call(async (x: number) => (await Promise.resolve(x)) + 1, 2), 3),
  },
  {
    name: 'a function expression with its own name',
    run: async ({ call }) => {
      const factorial = function again(n: number): number {
        return n < 2 ? 1 : n * again(n - 1)
      }
      assert.equal(await call(factorial, 5), 120)
    },
  },
  {
    name: 'a recursive arrow function',
    run: async ({ call }) => {
      const fibonacci = (n: number): number => (n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2))
      assert.equal(await call(fibonacci, 10), 55)
    },
  },
  {
    name: 'mutually recursive functions of the module',
    run: async ({ call }) => assert.deepEqual(await call((n: number) => [isEven(n), isOdd(n)], 7), [false, true]),
  },
  {
    name: 'mutually recursive closures',
    run: async ({ call }) => {
      const ping = (n: number): string => (n === 0 ? 'ping' : pong(n - 1))
      const pong = (n: number): string => (n === 0 ? 'pong' : ping(n - 1))
      assert.equal(await call(ping, 3), 'pong')
    },
  },
  {
    name: 'a generator function',
    run: async ({ call }) => {
      function* upTo(n: number): Generator<number> {
        for (let i = 0; i < n; i++) yield i
      }
      assert.deepEqual(await call((n: number) => [...upTo(n)], 3), [0, 1, 2])
    },
  },
  {
    name: 'an async generator function',
    run: async ({ call }) => {
      async function* upTo(n: number): AsyncGenerator<number> {
        for (let i = 0; i < n; i++) yield i
      }
      const collect = async (n: number): Promise<number[]> => {
        const all: number[] = []
        for await (const one of upTo(n)) all.push(one)
        return all
      }
      assert.deepEqual(await call(collect, 3), [0, 1, 2])
    },
  },
  {
    name: 'a method by itself',
    run: async ({ call }) => {
      const object = {
        double(x: number): number {
          return x * 2
        },
      }
      assert.equal(await call(object.double, 4), 8)
    },
  },
  {
    name: 'an async generator method with a computed name',
    run: async ({ call }) => {
      const key = ['it', 'ems'].join('')
      const object = {
        async *[key](n: number): AsyncGenerator<number> {
          yield n
          yield n + 1
        },
      }
      const items = object[key] as (n: number) => AsyncGenerator<number>
      const collect = async (): Promise<number[]> => {
        const all: number[] = []
        for await (const one of items(5)) all.push(one)
        return all
      }
      assert.deepEqual(await call(collect), [5, 6])
    },
  },
  {
    name: 'a getter and a setter by themselves',
    run: async ({ call }) => {
      const object = {
        stored: 1,
        get twice(): number {
          return this.stored * 2
        },
        set twice(value: number) {
          this.stored = value / 2
        },
      }
      const { get, set } = Object.getOwnPropertyDescriptor(object, 'twice') as Required<PropertyDescriptor>
      const use = (): number => {
        const other = { stored: 4 }
        set.call(other, 20)
        return get.call(other) as number
      }
      assert.equal(await call(use), 20)
    },
  },
  {
    name: 'a bound function',
    run: async ({ call }) => {
      function add(this: { base: number }, a: number, b: number): number {
        return this.base + a + b
      }
      assert.equal(await call(add.bind({ base: 100 }, 10), 1), 111)
    },
  },
  {
    name: 'a bound method of an instance',
    run: async ({ call }) => {
      class Scale {
        factor = 3
        apply(x: number): number {
          return x * this.factor
        }
      }
      const scale = new Scale()
      assert.equal(await call(scale.apply.bind(scale), 5), 15)
    },
  },
  {
    name: 'a promisified function',
    run: async ({ call }) => {
      const slow = (x: number, done: (error: Error | null, value: number) => void): void => {
        setImmediate(() => done(null, x + 1))
      }
      const asPromise = promisify(slow)
      assert.equal(await call((x: number) => asPromise(x), 1), 2)
    },
  },
  {
    name: 'a function with properties',
    run: async ({ call }) => {
      const tagged = Object.assign((x: number) => x + tagged.offset, { offset: 5, tags: ['a'] })
      assert.deepEqual(await call((x: number) => [tagged(x), tagged.tags.length], 1), [6, 1])
    },
  },
  {
    name: 'a builtin function',
    run: async ({ call }) => assert.equal(await call(Math.max as (...n: number[]) => number, 1, 5, 3), 5),
  },
  {
    name: 'default, destructured and rest parameters',
    run: async ({ call }) => {
      const fallback = 7
      const mix = (
        { a = fallback, ...others }: { a?: number; b?: number },
        [c, ...rest]: number[],
        ...more: number[]
      ): number[] => [a, others.b ?? 0, c ?? 0, rest.length, more.length]
      assert.deepEqual(await call(mix, { b: 2 }, [3, 4, 5], 6, 7), [7, 2, 3, 2, 2])
    },
  },
  {
    name: 'a curried function made in the worker',
    run: async ({ call }) => {
      const add = (a: number) => (b: number) => (c: number) => a + b + c
      assert.equal(await call((n: number) => add(n)(10)(100), 1), 111)
    },
  },
  {
    name: 'captured constants of the module and the function',
    run: async ({ call }) => {
      const local = 2
      assert.equal(await call((x: number) => x + moduleConstant + local, 1), 43)
    },
  },
  {
    name: 'a captured let, as it is at the call',
    run: async ({ call }) => {
      let level = 1
      const first = call(() => level)
      level = 2
      assert.deepEqual([await first, await call(() => level)], [1, 2])
    },
  },
  {
    name: 'captured parameters, also destructured ones',
    run: async ({ call }) => {
      const make =
        (a: number, { b, c = 3 }: { b: number; c?: number }, ...rest: number[]) =>
        () => [a, b, c, ...rest]
      assert.deepEqual(await call(make(1, { b: 2 }, 4, 5)), [1, 2, 3, 4, 5])
    },
  },
  {
    name: 'a loop variable',
    run: async ({ call }) => {
      const functions: (() => number)[] = []
      for (let i = 0; i < 3; i++) functions.push(() => i * 10)
      assert.deepEqual(await Promise.all(functions.map((one) => call(one))), [0, 10, 20])
    },
  },
  {
    name: 'a caught error',
    run: async ({ call }) => {
      try {
        throw new TypeError('caught')
      } catch (error) {
        assert.equal(await call(() => (error as Error).message), 'caught')
      }
    },
  },
  {
    name: 'functions of the module that share one variable',
    run: async ({ call }) => {
      const before = moduleCounter
      const result = await call(() => [countUp(), countUp(), readCount()])
      assert.deepEqual(result, [before + 1, before + 2, before + 2])
      assert.equal(moduleCounter, before)
    },
  },
  {
    name: 'closures of one object that share one variable',
    run: async ({ call }) => {
      const makeCounter = (): { up(): number; read(): number } => {
        let count = 5
        return { up: () => ++count, read: () => count }
      }
      const counter = makeCounter()
      assert.deepEqual(await call(() => [counter.up(), counter.up(), counter.read()]), [6, 7, 7])
    },
  },
  {
    name: 'two equal counters that stay two',
    run: async ({ call }) => {
      const makeCounter = (): { up(): number; read(): number } => {
        let count = 0
        return { up: () => ++count, read: () => count }
      }
      const [a, b] = [makeCounter(), makeCounter()]
      assert.deepEqual(await call(() => [a.up(), a.up(), b.up(), a.read(), b.read()]), [1, 2, 1, 2, 1])
    },
  },
  {
    name: 'compound, logical and destructuring assignment to a captured variable',
    run: async ({ call }) => {
      let total = 1
      let found: string | undefined
      let [left, right] = [1, 2]
      const work = (): unknown[] => {
        total += 4
        total **= 2
        found ??= 'now'
        ;[left, right] = [right, left]
        ;({ total = 0 } = { total: total + 1 })
        for (left of [7, 8]) right += left
        return [total, found, left, right]
      }
      assert.deepEqual(await call(work), [26, 'now', 8, 16])
      assert.deepEqual([total, found, left, right], [1, undefined, 1, 2])
    },
  },
  {
    name: 'an assigned variable that is called and in a shorthand',
    run: async ({ call }) => {
      let handler = function (this: unknown): boolean {
        return this === undefined || this === globalThis
      }
      const use = (): unknown => {
        const first = handler()
        const bag = { handler }
        handler = function () {
          return false
        }
        return [first, typeof bag.handler, handler()]
      }
      assert.deepEqual(await call(use), [true, 'function', false])
    },
  },
  {
    name: 'state that lives on in the worker between calls of one capture only',
    run: async ({ call }) => {
      let calls = 0
      const count = (): number => ++calls
      assert.deepEqual([await call(count), await call(count), calls], [1, 1, 0])
    },
  },
  {
    name: 'the arguments of an outer function',
    run: async ({ call }) => {
      function outer(..._all: number[]): () => number[] {
        return () => Array.from(arguments as unknown as number[])
      }
      assert.deepEqual(await call(outer(4, 5, 6)), [4, 5, 6])
    },
  },
  {
    name: 'closures that are destructured from one call',
    run: async ({ call }) => {
      const makeCounter = (): { up(): number; read(): number } => {
        let count = 5
        return { up: () => ++count, read: () => count }
      }
      const { up, read } = makeCounter()
      assert.deepEqual(await call(() => [up(), up(), read()]), [6, 7, 7])
    },
  },
  {
    name: 'a declared function whose name was given to another one',
    run: async ({ call }) => {
      const known = new Map<number, number>()
      function fibonacci(n: number): number {
        return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2)
      }
      const plain = fibonacci
      // @ts-expect-error -- TypeScript forbids what JavaScript allows
      // oxlint-disable-next-line no-func-assign -- what this case is about
      fibonacci = (n: number): number => {
        if (!known.has(n)) known.set(n, plain(n))
        return known.get(n) as number
      }
      const use = fibonacci
      assert.deepEqual(await call((n: number) => [use(n), known.size], 20), [6765, 21])
    },
  },
]
