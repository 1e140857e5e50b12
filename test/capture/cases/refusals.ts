import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { PassThrough } from 'node:stream'
import type { Case } from './case.ts'

/** What cannot travel, and what the refusal says. */
export const refusalCases: readonly Case[] = [
  refused(
    'a socket that the function names',
    () => {
      const sock = createServer()
      return () => sock.listening
    },
    /variable `sock` is a Server \(node:net\), which owns resources of this process/,
  ),
  refused(
    'a stream that the function names',
    () => {
      const stream = new PassThrough()
      return () => stream.readable
    },
    /`stream` is a PassThrough/,
  ),
  refused(
    'a promise',
    () => {
      const pending = Promise.resolve(1)
      return () => pending
    },
    /`pending` is a Promise\. Await it/,
  ),
  refused(
    'a Proxy',
    () => {
      const proxy = new Proxy({}, {})
      return () => proxy
    },
    /`proxy` is a Proxy/,
  ),
  refused(
    'a running generator',
    () => {
      const running = (function* () {
        yield 1
      })()
      return () => running.next()
    },
    /`running` is a running generator/,
  ),
  refused(
    'an iterator',
    () => {
      const entries = [1].entries()
      return () => entries.next()
    },
    /`entries` is a running iterator/,
  ),
  refused(
    'a native function that cannot be found again',
    () => {
      let resolve: unknown
      void new Promise((yes) => (resolve = yes))
      return () => resolve
    },
    /native function/,
  ),
  refused(
    'shared memory',
    () => {
      const memory = new SharedArrayBuffer(8)
      return () => memory.byteLength
    },
    /SharedArrayBuffer/,
  ),
  refused(
    'a weak registry',
    () => {
      const registry = new FinalizationRegistry(() => {})
      return () => registry
    },
    /FinalizationRegistry/,
  ),
  refused(
    'a format of Intl',
    () => {
      const format = new Intl.NumberFormat('en')
      return () => format.format(1)
    },
    /NumberFormat/,
  ),
  refused(
    'a method with super by itself',
    () => {
      const object = {
        toString(): string {
          return super.toString()
        },
      }
      const { toString } = object
      return toString
    },
    /uses `super`\. Send the object/,
  ),
  refused(
    'an arrow function with an outer new.target',
    () => {
      function Maker(): () => unknown {
        return () => new.target
      }
      return Maker()
    },
    /new\.target/,
  ),
  refused(
    'an object marked as belonging to its process',
    () => {
      const pool = { [Symbol.for('manycore.unsendable')]: 'is a Pool, which belongs to the process that made it' }
      return () => pool
    },
    /is a Pool, which belongs to the process/,
  ),
  refused(
    'direct eval',
    () => {
      const secret = 1
      return (text: string) => [secret, eval(text)]
    },
    /direct `eval`/,
  ),
  {
    name: 'refused: two closures that may or may not share a variable',
    needs: 'origin',
    run: async ({ capture }) => {
      const makeCounter = (): { up(): number; read(): number } => {
        let count = 0
        return { up: () => ++count, read: () => count }
      }
      const up = makeCounter().up
      const read = makeCounter().read
      assert.throws(() => capture(() => [up(), read()]), {
        code: 'MC_FUNCTION_UNSENDABLE',
        message: /cannot be told whether/,
      })
      const list = [makeCounter().up, makeCounter().read]
      assert.throws(() => capture(list), { message: /cannot be told whether/ })
      const twice = [1, 2].map(() => makeCounter())
      assert.doesNotThrow(() => capture(() => twice.map((one) => one.up() + one.read())))
    },
  },
  {
    name: 'refused: closures made in a loop that may or may not share a variable',
    run: async ({ capture }) => {
      const makeAll = (): (() => number)[] => {
        let shared = 0
        return [1, 2].map(() => () => ++shared)
      }
      const [first, second] = [makeAll()[0], makeAll()[1]]
      assert.throws(() => capture(() => [first?.(), second?.()]), { message: /cannot be told whether/ })
    },
  },
  {
    name: 'refused: a field whose computed name cannot be had again',
    needs: 'syntax',
    run: async ({ capture }) => {
      const make = (key: string): new () => object =>
        class {
          // @ts-expect-error -- TypeScript wants a literal, JavaScript does not
          [key + '!'] = 1
        }
      assert.throws(() => capture(make('dropped')), { code: 'MC_FUNCTION_UNSENDABLE', message: /computed name/ })
      let changing = 'before'
      class Changing {
        [changing] = 1
        read(): string {
          return changing
        }
      }
      changing = 'after'
      assert.throws(() => capture(Changing), { message: /uses `\w+`, which may have changed since/ })
    },
  },
  {
    name: 'refused: data with its path',
    run: async ({ capture }) => {
      const value = { jobs: [{ client: createServer() }] }
      assert.throws(() => capture(value), { code: 'MC_VALUE_UNSENDABLE', path: 'the value.jobs[0].client' })
    },
  },
  {
    name: 'refused: an arrow function that uses this and was made earlier',
    run: async ({ capture }) => {
      class Service {
        n = 1
        make(): () => number {
          return () => this.n
        }
      }
      const made = new Service().make()
      await Promise.resolve()
      assert.throws(() => capture(made), { code: 'MC_FUNCTION_UNSENDABLE', message: /uses `this`.*const self = this/s })
    },
  },
  {
    name: 'refused: an arrow function of a class field that is taken out of its object',
    run: async ({ capture }) => {
      class Handler {
        prefix = '> '
        handle = (text: string): string => this.prefix + text
      }
      const { handle } = new Handler()
      const other = { prefix: 'wrong', handle }
      assert.throws(() => capture(() => handle('x')), { message: /uses `this`/ })
      assert.throws(() => capture(other), { message: /uses `this`/ })
    },
  },
  {
    name: 'refused: an instance with private fields on its way back',
    needs: 'syntax',
    run: async ({ call }) => {
      class Sealed {
        #n = 1
        read(): number {
          return this.#n
        }
      }
      await assert.rejects(
        call(() => new Sealed()),
        /private members/,
      )
    },
  },
  {
    name: 'a method with super that was put into another object throws when it is called',
    needs: 'syntax',
    run: async ({ call }) => {
      const base = { greet: () => 'hello' }
      const derived = {
        __proto__: base,
        greet(): string {
          return (super.greet as () => string)()
        },
      }
      class Vector {
        norm(): number {
          return 5
        }
      }
      class Loud extends Vector {
        override norm(): number {
          return super.norm() * 10
        }
      }
      class Quiet extends Vector {}
      Object.defineProperty(Quiet.prototype, 'norm', { value: Loud.prototype.norm })
      const assigned = Object.assign({ first: 1 }, { greet: derived.greet })
      const copied = { ...derived }
      const quiet = new Quiet()
      for (const fn of [() => assigned.greet(), () => copied.greet(), () => quiet.norm()])
        await assert.rejects(async () => call(fn as () => unknown), /uses `super` and belongs to another object/)
    },
  },
  {
    name: 'deeper than what the function names, it throws when it is read',
    needs: 'names',
    run: async ({ call }) => {
      class Job {
        server = createServer()
        name = 'job'
        run(): string {
          return this.name
        }
        port(): unknown {
          return this.server.address()
        }
      }
      const job = new Job()
      assert.equal(await call(() => job.run()), 'job')
      await assert.rejects(
        call(() => job.port()),
        /`server` is a Server \(node:net\).*captured as: .*job → server/s,
      )
    },
  },
  {
    name: 'deeper inside of maps and private fields, it throws when it is used',
    needs: ['names', 'syntax'],
    run: async ({ call }) => {
      class Hub {
        readonly #server = createServer()
        readonly clients = new Map([['a', createServer()]])
        size(): number {
          return this.clients.size
        }
        port(): unknown {
          return this.#server.address()
        }
      }
      const hub = new Hub()
      assert.equal(await call(() => hub.size()), 1)
      await assert.rejects(
        call(() => hub.port()),
        /#server` is a Server/,
      )
      await assert.rejects(
        call(() => hub.clients.get('a')?.address()),
        /is a Server/,
      )
    },
  },
  {
    name: 'a variable that has no value yet',
    run: async ({ call }) => {
      if (Number(process.versions.node.split('.')[0]) < 22) return
      const read = (): unknown => later
      await assert.rejects(call(read), ReferenceError)
      const later = 1
      assert.equal(await call(read), 1)
    },
  },
]

function refused(what: string, make: () => unknown, message: RegExp): Case {
  return {
    name: `refused: ${what}`,
    needs: 'names',
    run: async ({ capture }) => assert.throws(() => capture(make()), { code: 'MC_FUNCTION_UNSENDABLE', message }),
  }
}
