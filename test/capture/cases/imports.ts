import { parse } from 'acorn'
import assert from 'node:assert/strict'
import * as fs from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path, { basename } from 'node:path'
import type { Case } from './case.ts'
import * as shapes from './shapes.ts'
import perimeter, {
  area,
  countCalls,
  describe,
  Locked,
  makeScaler,
  Square,
  unit as lengthUnit,
  Hiding,
  kExported,
  Marked,
} from './shapes.ts'

/** Imports of every kind, and what belongs to modules. */
export const importCases: readonly Case[] = [
  {
    name: 'named, renamed and default imports',
    run: async ({ call }) =>
      assert.deepEqual(await call((x: number) => [area(x, 2), perimeter(x, 2), describe(x), lengthUnit], 3), [
        6,
        10,
        '3 cm',
        'cm',
      ]),
  },
  {
    name: 'a namespace import, used by member and as a whole',
    run: async ({ call }) => {
      assert.equal(await call((x: number) => shapes.area(x, x), 3), 9)
      assert.deepEqual(await call(() => Object.keys(shapes).includes('Square')), true)
    },
  },
  {
    name: 'builtin modules: named, default and as a namespace',
    run: async ({ call }) => {
      const read = (file: string): unknown[] => [
        basename(file),
        path.extname(file),
        fs.existsSync(file),
        typeof readFile,
      ]
      assert.deepEqual(await call(read, '/none/at/all.txt'), ['all.txt', '.txt', false, 'function'])
    },
  },
  {
    name: 'a require made by createRequire()',
    needs: 'builtins',
    run: async ({ call }) => {
      const here = createRequire(process.cwd() + '/')
      const found = (): unknown[] => [here('node:path').basename('/a/b'), here.resolve('acorn')]
      assert.deepEqual(await call(found), found())
    },
  },
  {
    name: 'a package',
    run: async ({ call }) =>
      assert.equal(await call((text: string) => parse(text, { ecmaVersion: 2022 }).type, '1 + 1'), 'Program'),
  },
  {
    name: 'an imported function that is sent itself',
    run: async ({ call }) => assert.equal(await call(area, 3, 4), 12),
  },
  {
    name: 'the state of an imported module, once per worker',
    needs: 'modules',
    run: async ({ call }) => {
      const first = await call(() => countCalls())
      assert.equal(await call(() => countCalls()), first + 1)
    },
  },
  {
    name: 'an imported class, its instances and results',
    run: async ({ call }) => {
      const square = new Square(3)
      const grow = (one: Square): Square => new Square(one.side + (one instanceof Square ? 1 : 0))
      const grown = await call(grow, square)
      assert.ok(grown instanceof Square)
      assert.equal(grown.area(), 16)
    },
  },
  {
    name: 'an instance with private fields of an imported class',
    needs: 'syntax',
    run: async ({ call }) => {
      const locked = new Locked(7)
      assert.deepEqual(
        await call((code: number) => [locked.opens(code), new Locked(1).opens(1), locked instanceof Locked], 7),
        [true, true, true],
      )
    },
  },
  {
    name: 'an instance that keeps its state under a symbol which its module exports',
    needs: 'modules',
    run: async ({ call }) => {
      const marked = new Marked(7)
      assert.deepEqual(await call(() => [marked.mark(), marked[kExported]]), [7, 7])
      assert.equal(await call((one: Marked) => one.mark(), marked), 7)
    },
  },
  {
    name: 'refused: an instance that keeps its state under a symbol which its module does not export',
    needs: 'modules',
    run: async ({ capture }) => {
      const hiding = new Hiding(7)
      assert.throws(() => capture(() => hiding.mark()), /Symbol\(hidden\).*keeps to itself as `kHidden`/)
    },
  },
  {
    name: 'a closure that an imported function made',
    run: async ({ call }) => {
      const scale = makeScaler(5)
      assert.equal(await call((x: number) => scale(x), 3), 15)
    },
  },
  {
    name: 'a relative dynamic import inside the function',
    needs: ['files', 'import'],
    run: async ({ call }) => {
      const load = async (x: number): Promise<number> => (await import('./shapes.ts')).area(x, x)
      assert.equal(await call(load, 4), 16)
    },
  },
  {
    name: 'a dynamic import of a builtin module and of a package',
    run: async ({ call }) => {
      const load = async (): Promise<unknown[]> => {
        const [{ sep }, acorn] = await Promise.all([import('node:path'), import('acorn')])
        return [sep.length, typeof acorn.parse]
      }
      assert.deepEqual(await call(load), [1, 'function'])
    },
  },
  {
    name: 'globals: process, Buffer, console, timers, fetch and structuredClone',
    run: async ({ call }) => {
      const use = async (): Promise<unknown[]> => {
        await new Promise((resolve) => setTimeout(resolve, 1))
        return [process.pid, Buffer.from('a').length, typeof console.log, typeof fetch, structuredClone({ a: 1 }).a]
      }
      const [pid, ...others] = await call(use)
      assert.notEqual(pid, process.pid)
      assert.deepEqual(others, [1, 'function', 'function', 1])
    },
  },
  {
    name: 'a global of the user',
    run: async ({ call }) => {
      Reflect.set(globalThis, 'settings', { level: 3 })
      const read = (): number => (settings as { level: number }).level
      assert.equal(await call(read), 3)
      // Variables with the names of globals are no globals.
      // oxlint-disable-next-line no-shadow-restricted-names -- what this case is about
      const shadowing = (undefined: string, NaN: string, Math: string): [() => string[], new () => object] => [
        () => [undefined, NaN, Math],
        class {
          [undefined] = Math
        },
      ]
      const [shadowed, Made] = shadowing('a', 'b', 'c')
      assert.deepEqual(await call(shadowed), ['a', 'b', 'c'])
      assert.deepEqual({ ...(await call((Class: typeof Made) => new Class(), Made)) }, { a: 'c' })
    },
  },
  {
    name: 'an exported function of a library that lives in a package, captured as a value',
    run: async ({ call }) => {
      const tools = { parse }
      assert.equal(await call(() => tools.parse('a', { ecmaVersion: 2022 }).body.length), 1)
    },
  },
  {
    name: 'stack traces of a captured function show its file and line',
    needs: 'files',
    run: async ({ call, mapped }) => {
      const fail = (x: number): never => {
        throw new RangeError(`failed with ${x}`)
      }
      const placeOf = (stack: unknown): string | undefined =>
        /at fail \(.*(imports\.[a-z]+:\d+:\d+)\)/.exec(String(stack))?.[1]
      const local = await Promise.resolve()
        .then(() => fail(1))
        .catch((error: Error) => error)
      const remote = await call((x: number) => fail(x), 1).then(assert.fail, (error: unknown) => error as object)
      const stack: unknown = Reflect.get(remote, 'remoteStack')
      assert.ok(placeOf(stack), String(stack))
      assert.equal(placeOf(stack), placeOf(mapped(local.stack)))
    },
  },
]

declare const settings: unknown
