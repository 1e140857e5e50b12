import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import type { Case } from './case.ts'

class Money {
  static made = 0
  static #rate = 2
  readonly #cents: number
  constructor(cents: number) {
    this.#cents = cents
    Money.made++
  }
  get cents(): number {
    return this.#cents
  }
  plus(other: Money): Money {
    return new Money(this.#cents + other.#cents)
  }
  #secret(): number {
    return this.#cents * Money.#rate
  }
  reveal(): number {
    return this.#secret()
  }
  static isMoney(value: object): boolean {
    return #cents in value
  }
}

class Euro extends Money {
  readonly #label = 'EUR'
  country: string
  constructor(cents: number, country: string) {
    super(cents)
    this.country = country
  }
  override toString(): string {
    return `${this.cents} ${this.#label} ${this.country}`
  }
}

class RangeProblem extends RangeError {
  readonly limit: number
  constructor(message: string, limit: number, options?: ErrorOptions) {
    super(message, options)
    this.name = 'RangeProblem'
    this.limit = limit
  }
}

class Point {
  x: number
  y: number
  constructor(x: number, y: number) {
    this.x = x
    this.y = y
  }
  norm(): number {
    return Math.hypot(this.x, this.y)
  }
}

/** Classes and their instances. */
export const classCases: readonly Case[] = [
  {
    name: 'a class that is used as a constructor',
    run: async ({ call }) => assert.equal(await call((x: number) => new Point(x, 4).norm(), 3), 5),
  },
  {
    name: 'an instance as an argument and as a captured value',
    run: async ({ call }) => {
      const origin = new Point(0, 0)
      const check = (point: Point): unknown[] => [point instanceof Point, point.norm(), origin instanceof Point]
      assert.deepEqual(await call(check, new Point(3, 4)), [true, 5, true])
    },
  },
  {
    name: 'a result that is an instance of the class of the parent',
    run: async ({ call }) => {
      const made = await call((x: number) => new Point(x, x), 2)
      assert.ok(made instanceof Point)
      assert.equal(Object.getPrototypeOf(made), Point.prototype)
      assert.equal(made.norm(), Math.hypot(2, 2))
    },
  },
  {
    name: 'one class that is sent twice is one class',
    run: async ({ call }) => {
      const keep = (Class: unknown): void => void Reflect.set(globalThis, 'kept', Class)
      await call(keep, Point)
      assert.equal(
        await call((point: Point) => point.constructor === Reflect.get(globalThis, 'kept'), new Point(1, 1)),
        true,
      )
      assert.equal(await call((Class: unknown) => Class === Reflect.get(globalThis, 'kept'), Point), true)
    },
  },
  {
    name: 'inheritance with private fields in both classes',
    run: async ({ call }) => {
      const euro = new Euro(250, 'AT')
      const read = (): unknown[] => [
        euro.toString(),
        euro.cents,
        euro instanceof Money,
        Money.isMoney(euro),
        euro.reveal(),
      ]
      assert.deepEqual(await call(read), ['250 EUR AT', 250, true, true, 500])
    },
  },
  {
    name: 'private methods and private statics',
    run: async ({ call }) => assert.equal(await call((n: number) => new Money(n).reveal(), 4), 8),
  },
  {
    name: 'static fields as they are now, and no constructor run',
    run: async ({ call }) => {
      const money = new Money(1)
      const before = Money.made
      assert.deepEqual(await call(() => [Money.made, money.cents]), [before, 1])
      Money.made += 10
      assert.equal(await call(() => Money.made), before + 10)
    },
  },
  {
    name: 'static blocks and fields that ran already and do not run again',
    run: async ({ call }) => {
      const log: string[] = []
      class Once {
        static first = log.push('field')
        static {
          log.push('block')
        }
        static total(): number {
          return log.length
        }
      }
      assert.deepEqual(await call(() => [Once.first, Once.total()]), [1, 2])
    },
  },
  {
    name: 'getters, setters and static methods of a class',
    run: async ({ call }) => {
      class Celsius {
        degrees = 0
        get fahrenheit(): number {
          return this.degrees * 1.8 + 32
        }
        set fahrenheit(value: number) {
          this.degrees = (value - 32) / 1.8
        }
        static of(degrees: number): Celsius {
          const made = new this()
          made.degrees = degrees
          return made
        }
      }
      const use = (): number[] => {
        const one = Celsius.of(100)
        const before = one.fahrenheit
        one.fahrenheit = 32
        return [before, one.degrees]
      }
      assert.deepEqual(await call(use), [212, 0])
    },
  },
  {
    name: 'computed method names and symbols',
    run: async ({ call }) => {
      const name = ['say', 'Hello'].join('')
      const tag = Symbol('tag')
      class Greeter {
        readonly loud: boolean
        constructor(loud = true) {
          this.loud = loud
        }
        [name](): string {
          return 'hello'
        }
        readonly [tag]: string = 'tagged';
        *[Symbol.iterator](): Generator<number> {
          yield 1
          yield 2
        }
        static [`${name}All`](): string {
          return 'all'
        }
        uses(): unknown {
          return [name, tag]
        }
      }
      const use = (): unknown[] => {
        const greeter = new Greeter() as Greeter & Record<string, () => string>
        return [
          greeter[name]?.(),
          [...greeter],
          (Greeter as unknown as Record<string, () => string>)[`${name}All`]?.(),
          greeter[tag],
        ]
      }
      assert.deepEqual(await call(use), ['hello', [1, 2], 'all', 'tagged'])
    },
  },
  {
    name: 'a class expression with an inner name',
    run: async ({ call }) => {
      const Outer = class Inner {
        static level = 3
        read(): number {
          return Inner.level
        }
      }
      assert.equal(await call(() => new Outer().read()), 3)
    },
  },
  {
    name: 'a class with a base class made by a function',
    run: async ({ call }) => {
      type PointClass = new (x: number, y: number) => Point
      const labelled = (Base: PointClass): new (x: number, y: number) => Point & { label(): string } => {
        return class extends Base {
          label(): string {
            return 'mixed in'
          }
        }
      }
      class Mixed extends labelled(Point) {}
      assert.deepEqual(await call(() => [new Mixed(3, 4).label(), new Mixed(3, 4).norm()]), ['mixed in', 5])
    },
  },
  {
    name: 'a patched prototype',
    run: async ({ call }) => {
      class Plain {
        kept(): string {
          return 'kept'
        }
        replaced(): string {
          return 'old'
        }
      }
      const suffix = '!'
      Plain.prototype.replaced = function () {
        return `new${suffix}`
      }
      Object.defineProperty(Plain.prototype, 'added', { get: () => 'added' })
      assert.deepEqual(
        await call(() => [new Plain().kept(), new Plain().replaced(), Reflect.get(new Plain(), 'added')]),
        ['kept', 'new!', 'added'],
      )
    },
  },
  {
    name: 'subclasses of Map, Set, Array, Error, Promise-free builtins and EventEmitter',
    run: async ({ call }) => {
      class Counts extends Map<string, number> {
        add(key: string): this {
          return this.set(key, (this.get(key) ?? 0) + 1)
        }
      }
      class Stack extends Array<number> {
        top(): number | undefined {
          return this.at(-1)
        }
      }
      class Tags extends Set<string> {
        sorted(): string[] {
          return [...this].sort()
        }
      }
      class Bus extends EventEmitter {
        sent = 0
      }
      const counts = new Counts().add('a').add('a')
      const stack = Stack.of(1, 2, 3) as Stack
      const tags = new Tags(['b', 'a'])
      const bus = new Bus()
      bus.on('go', () => void bus.sent++)
      const use = (): unknown[] => {
        bus.emit('go')
        return [counts.add('a').get('a'), stack.top(), stack instanceof Stack, tags.sorted(), bus.sent]
      }
      assert.deepEqual(await call(use), [3, 3, true, ['a', 'b'], 1])
    },
  },
  {
    name: 'a subclass of Map with private fields',
    run: async ({ call }) => {
      class Bounded extends Map<string, number> {
        #limit = 2
        hasRoom(): boolean {
          return this.size < this.#limit
        }
      }
      const bounded = new Bounded([['a', 1]])
      assert.deepEqual(await call(() => [bounded.hasRoom(), bounded.set('b', 2).size, bounded.hasRoom()]), [
        true,
        2,
        false,
      ])
    },
  },
  {
    name: 'an error that is thrown keeps class, fields and cause',
    run: async ({ call }) => {
      const fail = (): never => {
        throw new RangeProblem('too much', 9, { cause: new TypeError('why') })
      }
      const error = await call(fail).then(assert.fail, (reason: unknown) => reason)
      assert.ok(error instanceof RangeProblem && error instanceof RangeError)
      assert.deepEqual(
        [error.name, error.message, error.limit, error.cause instanceof TypeError],
        ['RangeProblem', 'too much', 9, true],
      )
    },
  },
  {
    name: 'a frozen class with frozen instances',
    run: async ({ call }) => {
      class Fixed {
        readonly n = 1
      }
      Object.freeze(Fixed.prototype)
      const fixed = Object.freeze(new Fixed())
      assert.deepEqual(
        await call(() => [fixed.n, Object.isFrozen(fixed), Object.isFrozen(Fixed.prototype), fixed instanceof Fixed]),
        [1, true, true, true],
      )
    },
  },
  {
    name: 'a function returned by the worker, with a class of the parent inside',
    run: async ({ call }) => {
      const make = await call((x: number) => (y: number) => new Point(x, y), 3)
      const point = make(4)
      assert.ok(point instanceof Point)
      assert.equal(point.norm(), 5)
    },
  },
]
