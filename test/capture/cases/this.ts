import assert from 'node:assert/strict'
import type { Case } from './case.ts'

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

/** `this` and `super`, of classes, objects and constructor functions, and what arrows make of them. */
export const thisCases: readonly Case[] = [
  {
    name: 'super in methods and in object literals',
    run: async ({ call }) => {
      class Loud extends Point {
        override norm(): number {
          return super.norm() * 10
        }
      }
      const base = { greet: () => 'hello' }
      const derived = {
        __proto__: base,
        greet(): string {
          return `${(super.greet as () => string)()} again`
        },
      }
      assert.deepEqual(await call(() => [new Loud(3, 4).norm(), derived.greet()]), [50, 'hello again'])
    },
  },
  {
    name: 'a class before classes: a constructor function with methods',
    run: async ({ call }) => {
      function Old(this: { n: number }, n: number): void {
        this.n = n
      }
      Old.prototype.twice = function (this: { n: number }): number {
        return this.n * 2
      }
      const Constructor = Old as unknown as new (n: number) => { n: number; twice(): number }
      const made = await call((n: number) => new Constructor(n), 4)
      assert.equal(made.twice(), 8)
      assert.ok(made instanceof Constructor)
    },
  },
  {
    name: 'an arrow function that uses this, made in the call',
    needs: ['pause', 'origin'],
    run: async ({ call }) => {
      class Service {
        factor = 6
        times(x: number): number {
          return x * this.factor
        }
        async run(): Promise<number> {
          return call((x: number) => this.times(x), 7)
        }
      }
      assert.equal(await new Service().run(), 42)
    },
  },
  {
    name: 'an arrow function that uses this, in a constant',
    needs: ['pause', 'origin'],
    run: async ({ call }) => {
      class Service {
        factor = 6
        async run(): Promise<number> {
          const times = (x: number): number => x * this.factor
          return call(times, 7)
        }
      }
      assert.equal(await new Service().run(), 42)
    },
  },
  {
    name: 'an arrow function in a class field',
    run: async ({ call }) => {
      class Handler {
        prefix = '> '
        handle = (text: string): string => this.prefix + text
      }
      const handler = new Handler()
      assert.equal(await call((text: string) => handler.handle(text), 'x'), '> x')
    },
  },
]
