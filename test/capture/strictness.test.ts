import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, sep } from 'node:path'
import { describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import { captureGraph } from '#dist/capture/capture.js'
import { rebuildGraph } from '#dist/capture/rebuild.js'
import { mindsStrictness } from '#dist/capture/strictness.js'

describe('strict code', () => {
  it('stays strict where a function of a module captures nothing', async () => {
    assert.equal(sep.length, 1)
    const write = (object: { x: number }) => (object.x = 2)
    const copy = (await rebuildGraph(captureGraph(write))) as typeof write
    assert.throws(() => copy(Object.freeze({ x: 1 })), TypeError)
  })

  it('stays strict in a module that imports and exports nothing, and sloppy in a CommonJS file', async () => {
    type Made = { arrow: (object: object) => unknown; plain: () => Promise<boolean> }
    const text =
      'globalThis.made = { arrow: (object) => { object.x = 2 }, plain: async function () { return this === undefined } }'
    const folder = mkdtempSync(join(tmpdir(), 'manycore-strict-'))
    try {
      for (const name of ['strict.mjs', 'sloppy.cjs', 'data']) {
        const file = join(folder, name)
        writeFileSync(file, text)
        await import(name === 'data' ? `data:text/javascript,${encodeURIComponent(text)}` : pathToFileURL(file).href)
        const { made } = globalThis as unknown as { made: Made }
        const copy = (await rebuildGraph(captureGraph(made, { label: 'made' }))) as Made
        const isStrict = name !== 'sloppy.cjs'
        const write = (): unknown => copy.arrow(Object.freeze({ x: 1 }))
        if (isStrict) assert.throws(write, TypeError, name)
        else assert.equal(write(), undefined)
        const { plain } = copy
        assert.equal(await plain(), isStrict, name)
      }
    } finally {
      Reflect.deleteProperty(globalThis, 'made')
      rmSync(folder, { recursive: true })
    }
  })

  it('is not what a plain sloppy function becomes', async () => {
    // oxlint-disable-next-line typescript/no-implied-eval -- functions of this file are strict
    const make = (body: string): (() => unknown) => new Function(body) as () => unknown
    for (const [body, isStrict] of [
      ['return this === undefined', false],
      ['"use strict"; return this === undefined', true],
    ] as const)
      for (const fn of [make(body), make(`return function () { ${body} }`)() as () => unknown]) {
        assert.equal(fn.call(undefined), isStrict)
        assert.equal(((await rebuildGraph(captureGraph(fn))) as () => unknown).call(undefined), isStrict, body)
      }
  })

  it('stays strict in a function or class of a sloppy file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'manycore-strict-'))
    try {
      const file = join(folder, 'sloppy.cjs')
      const write = '(object) => { object.x = 2 }'
      writeFileSync(
        file,
        `exports.make = () => ({
          directive: (() => { 'use strict'; return ${write} })(),
          method: Object.getOwnPropertyDescriptor(class { static m(object) { object.x = 2 } }, 'm').value,
          neither: (() => ${write})(),
        })`,
      )
      type Made = Record<string, (object: object) => unknown>
      const { make } = createRequire(import.meta.url)(file) as { make: () => Made }
      for (const [name, fn] of Object.entries(make())) {
        const copy = (await rebuildGraph(captureGraph([fn], { label: name }))) as (typeof fn)[]
        const call = (): unknown => copy[0]?.(Object.freeze({ x: 1 }))
        if (name === 'neither') assert.equal(call(), undefined)
        else assert.throws(call, TypeError, name)
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('is not asked for by a text in which nothing could tell it', () => {
    for (const text of [
      '(a, b) => a + b',
      'n => n <= 1 || n >= 5 || n == 2 || n !== 3',
      'async (items) => items.map((item) => item * 2)',
      '({ a, b: [c] }) => `${a}${c}`',
    ]) {
      assert.equal(mindsStrictness(text), false, text)
    }
  })

  it('is asked for by everything that sloppy code does in another way', () => {
    for (const text of [
      '(o) => { o.x = 1 }',
      '(o) => o.x ||= 1',
      '(o) => o.x >>>= 1',
      '(o) => o.x++',
      '(o) => delete o.x',
      '(list, o) => { for (o.x of list); }',
      '() => this',
      '() => function () {}',
      '() => eval("1")',
      '() => 010',
      '() => "\\01"',
      '(o) => { with (o) x }',
      '(package) => package',
      '(l\\u0065t) => 1',
    ]) {
      assert.equal(mindsStrictness(text), true, text)
    }
  })
})
