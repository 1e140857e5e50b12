import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import vm from 'node:vm'
import { isPlainArray } from '#dist/base/plain-array.js'

type Make = (length: number) => unknown[]
const KINDS: readonly [string, Make][] = [
  ['integers', (length) => Array.from({ length }, (_, i) => i)],
  ['doubles', (length) => Array.from({ length }, (_, i) => i + 0.5)],
  ['texts and objects', (length) => Array.from({ length }, (_, i) => (i % 2 === 0 ? `${i}` : { i }))],
  ['integers that came one by one', (length) => filled(length, (i) => i)],
  ['doubles that came one by one', (length) => filled(length, (i) => i + 0.5)],
  ['texts that came one by one', (length) => filled(length, String)],
  ['parsed JSON', (length) => JSON.parse(`[${'"a",'.repeat(length - 1)}1]`) as unknown[]],
]
const LENGTHS = [1, 3, 17, 65, 2000]

const get = (): never => assert.fail('a getter was run')
const ODD: Readonly<Record<string, (array: unknown[]) => unknown[]>> = {
  'an accessor': (array) =>
    Object.defineProperty(array, array.length - 1, { get, enumerable: true, configurable: true }),
  'a setter': (array) => Object.defineProperty(array, 0, { set() {}, enumerable: true, configurable: true }),
  'an item that is read-only': (array) => Object.defineProperty(array, 0, { writable: false }),
  'an item that is hidden': (array) => Object.defineProperty(array, 0, { enumerable: false }),
  'an item that stays': (array) => Object.defineProperty(array, 0, { configurable: false }),
  'a length that stays': (array) => Object.defineProperty(array, 'length', { writable: false }),
  'a key': (array) => Object.assign(array, { key: 1 }),
  'a key that looks like an index': (array) => Object.assign(array, { '01': 1 }),
  'an index that is none': (array) => Object.assign(array, { 4294967295: 1 }),
  'a hidden key': (array) => Object.defineProperty(array, 'hidden', { value: 1 }),
  'a symbol': (array) => Object.assign(array, { [Symbol('key')]: 1 }),
  'a hidden symbol': (array) => Object.defineProperty(array, Symbol('key'), { value: 1 }),
  'a frozen array': (array) => Object.freeze(array) as unknown[],
  'a sealed array': (array) => Object.seal(array),
  'an array that cannot be added to': (array) => Object.preventExtensions(array),
  'a prototype of its own': (array) =>
    Object.setPrototypeOf(array, Object.create(Array.prototype) as object) as unknown[],
  'an array without a prototype': (array) => Object.setPrototypeOf(array, null) as unknown[],
  'a Proxy': (array) => new Proxy(array, { get, getPrototypeOf: get, ownKeys: get }),
}
const PLAIN: Readonly<Record<string, (array: unknown[]) => unknown[]>> = {
  nothing: (array) => array,
  'holes at the end': (array) => Object.assign(array, { length: array.length + 5 }),
  'a hole at the start': (array) => (Reflect.deleteProperty(array, 0), array),
  'an item far away': (array) => Object.assign(array, { 5_000_000: 1 }),
  'a key that was there': (array) => (Reflect.deleteProperty(Object.assign(array, { key: 1 }), 'key'), array),
}

describe('whether an array is a list and nothing else', () => {
  // The second time maps are compared, because by then enough was looked at property by property.
  for (const time of ['at first', 'later']) {
    it(`is seen ${time} for every kind of items and any length`, () => {
      for (const [kind, make] of KINDS) {
        for (const length of LENGTHS) {
          for (const [name, change] of Object.entries(PLAIN))
            assert.equal(isPlainArray(change(make(length))), true, `${length} ${kind}, ${name}`)
          for (const [name, change] of Object.entries(ODD))
            assert.equal(isPlainArray(change(make(length))), false, `${length} ${kind}, ${name}`)
        }
      }
      assert.equal(isPlainArray([]), true)
      assert.equal(isPlainArray(vm.runInNewContext('[1]') as unknown[]), false, 'of another realm')
      assert.equal(isPlainArray('ab'.match(/b/)!), false)
    })
  }

  const program = fileURLToPath(new URL('../fixtures/looks-at-arrays.js', import.meta.url))
  for (const [how, flags] of [
    ['where V8 throws away what was compiled', ['--stress-flush-code', '--expose-gc']],
    ['where no code may be made of text', ['--disallow-code-generation-from-strings']],
    ["where V8's own syntax is allowed anyway, and stays so", ['--allow-natives-syntax']],
  ] as const) {
    it(`is seen ${how}`, () => {
      const { stdout, stderr } = spawnSync(process.execPath, [...flags, program], { encoding: 'utf8', timeout: 30_000 })
      assert.equal(stdout.trim(), `right, ${flags[0] === '--allow-natives-syntax' ? 'allowed' : 'not allowed'}`, stderr)
    })
  }
})

function filled(length: number, item: (index: number) => unknown): unknown[] {
  const array: unknown[] = []
  array.length = length
  for (let i = length - 1; i >= 0; i--) array[i] = item(i)
  return array
}
