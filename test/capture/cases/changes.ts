import assert from 'node:assert/strict'
import type { Case } from './case.ts'

/** What a program did to functions, classes and arrays after it made them. */
export const changeCases: readonly Case[] = [
  {
    name: 'properties, name and length of a function',
    run: async ({ call }) => {
      const fn = (a: number, b: number): number => a + b
      Object.defineProperty(fn, 'length', { value: 7 })
      Object.defineProperty(fn, 'name', { value: 'other', enumerable: true })
      const lacking = (n: number): number => n
      Reflect.deleteProperty(lacking, 'length')
      const orphan = Object.setPrototypeOf((): number => 1, null) as () => number
      const seen = (): unknown[] => [
        [fn.length, fn.name, Object.keys(fn)],
        [Object.hasOwn(lacking, 'length'), Object.getPrototypeOf(orphan)],
      ]
      assert.deepEqual(await call(seen), seen())
    },
  },
  {
    name: 'the length of a class, given another value',
    run: async ({ call }) => {
      class Odd {}
      Object.defineProperty(Odd, 'length', { value: 9, enumerable: true })
      assert.deepEqual(await call(() => [Odd.length, Object.keys(Odd)]), [9, ['length']])
    },
  },
  {
    name: 'a prototype that was replaced, or lost its constructor',
    run: async (trip) => {
      const { call } = trip
      type Old = { new (): { a?: number }; prototype: object | null }
      const Replaced = function () {} as unknown as Old
      Replaced.prototype = { a: 1 }
      const one = new Replaced()
      const Bare = function () {} as unknown as Old
      Reflect.deleteProperty(Bare.prototype as object, 'constructor')
      const None = function () {} as unknown as Old
      None.prototype = null
      const seen = (): unknown[] => [
        [one.a, one instanceof Replaced, new Replaced().a, Object.getPrototypeOf(one) === Replaced.prototype],
        [Object.hasOwn(Bare.prototype as object, 'constructor'), None.prototype],
      ]
      assert.deepEqual(await call(seen), seen())
      assert.ok((await call(() => new Replaced())) instanceof Replaced)
      assert.equal(await call((other: object) => other instanceof Replaced, one as object), true)
      const Sharing = function () {} as unknown as Old
      Sharing.prototype = Replaced.prototype
      assert.deepEqual(await call(() => [one instanceof Sharing, new Sharing() instanceof Replaced]), [true, true])
      // By itself, one of a class too.
      class Modern {}
      const [modern, old] = [Modern.prototype, Replaced.prototype as object]
      const same = (): boolean[] => [modern === Modern.prototype, old === Object.getPrototypeOf(new Replaced())]
      assert.deepEqual(await call(same), [true, true])
      assert.deepEqual(await call((a: object, b: object) => [a === modern, b === old], modern, old), [true, true])
      const [first, second] = await call(() => [modern, old] as const)
      assert.ok(first === modern && second === old)
      for (const changed of changedClasses()) {
        const here = changed()
        for (let time = 0; time < 2; time++) assert.deepEqual(await call(changed), here)
      }
      await putBack(trip)
    },
  },
  {
    name: 'what generators inherit from their function',
    needs: 'syntax',
    run: async ({ call }) => {
      function* count(): Generator<number> {
        yield 1
      }
      async function* later(): AsyncGenerator<number> {
        yield await Promise.resolve(1)
      }
      Object.assign(count.prototype as object, { extra: 5 })
      Object.assign(later.prototype as object, { extra: 6 })
      const extra = (object: object): unknown => Reflect.get(object, 'extra')
      assert.deepEqual(await call(() => [extra(count()), [...count()], extra(later()), typeof later().next]), [
        5,
        [1],
        6,
        'function',
      ])
    },
  },
  {
    name: 'private statics that change from one call to the next',
    needs: 'syntax',
    run: async ({ call }) => {
      class Counter {
        static #count = 1
        static up(): void {
          Counter.#count++
        }
        static get count(): number {
          return Counter.#count
        }
      }
      const read = (): number => Counter.count
      assert.equal(await call(read), 1)
      Counter.up()
      assert.equal(await call(read), 2)
    },
  },
  {
    name: 'accessors among the items of an array, and hidden keys beside them',
    run: async ({ call }) => {
      for (const length of [3, 40, 2000]) {
        const array = Array.from({ length }, (_, i) => i)
        Object.defineProperty(array, 1, { get: (): number => 7, enumerable: true })
        Object.defineProperty(array, 'hidden', { value: 8 })
        const there = await call((items: number[]) => {
          const property = Object.getOwnPropertyDescriptor(items, 1)
          return [typeof property?.get, items[1], Reflect.get(items, 'hidden'), Object.keys(items).length]
        }, array)
        assert.deepEqual(there, ['function', 7, 8, length])
      }
    },
  },
]

/** Functions that tell of a class whose members were changed after it was made. */
function changedClasses(): (() => unknown)[] {
  class Swapped {
    a(): string {
      return 'a'
    }
    b(): string {
      return 'b'
    }
    c(): void {}
    static s(): void {}
  }
  const { a, b } = Object.getOwnPropertyDescriptors(Swapped.prototype)
  Object.defineProperties(Swapped.prototype, { a: b, b: { ...a, enumerable: true } })
  Reflect.deleteProperty(Swapped.prototype, 'c')
  Reflect.deleteProperty(Swapped, 's')
  class Tagged {
    get tag(): unknown {
      return Reflect.get(Tagged.prototype.method, 'tag')
    }
    method(): void {}
  }
  Object.assign(Tagged.prototype.method, { tag: 5 })
  class First {
    name(): string {
      return 'first'
    }
  }
  class Second {
    name(): string {
      return 'second'
    }
  }
  class Moved extends First {
    override name(): string {
      return `moved ${super.name()}`
    }
  }
  Object.setPrototypeOf(Moved.prototype, Second.prototype)
  return [
    () => [new Swapped().a(), new Swapped().b(), Object.keys(Swapped.prototype)],
    () => [Object.hasOwn(Swapped.prototype, 'c'), Object.hasOwn(Swapped, 's')],
    () => new Tagged().tag,
    () => [new Moved().name(), new Moved() instanceof Second, Object.getPrototypeOf(Moved) === First],
  ]
}

/** Members and a parent that are taken away from a class and put back, from one call to the next. */
async function putBack({ call }: Parameters<Case['run']>[0]): Promise<void> {
  class First {
    a(): string {
      return 'a'
    }
    b(): string {
      return 'b'
    }
    static s(): string {
      return 's'
    }
  }
  class Second {
    c(): string {
      return 'c'
    }
  }
  const seen = (): unknown[] => {
    const one = Reflect.get(First.prototype, 'a') as (() => string) | undefined
    return [one?.(), new First().b(), Object.hasOwn(First, 's'), new First() instanceof Second]
  }
  const written = Object.getOwnPropertyDescriptors(First.prototype)
  const { s } = Object.getOwnPropertyDescriptors(First)
  assert.deepEqual(await call(seen), ['a', 'b', true, false])
  Reflect.deleteProperty(First.prototype, 'a')
  Reflect.deleteProperty(First, 's')
  First.prototype.b = (): string => 'other'
  Object.setPrototypeOf(First.prototype, Second.prototype)
  assert.deepEqual(await call(seen), [undefined, 'other', false, true])
  Object.defineProperties(First.prototype, written)
  Object.defineProperty(First, 's', s)
  Object.setPrototypeOf(First.prototype, Object.prototype)
  assert.deepEqual(await call(seen), ['a', 'b', true, false])
}
