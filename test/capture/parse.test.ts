import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { describe, it } from 'node:test'
import { parseFunction } from '#dist/capture/parse.js'

/** Each with the text that V8 gives for it. */
const functions: readonly ((...args: never[]) => unknown)[] = [
  () => 1,
  async () => {},
  function () {},
  function* generator() {},
  async function* both() {},
  { method() {} }.method,
  { async *[Symbol.iterator]() {} }[Symbol.iterator],
  { 'quoted name'() {} }['quoted name'],
  { 1() {} }[1],
  { get() {} }.get,
  { static() {} }.static,
  { delete() {} }.delete,
  { class() {} }.class,
  class {} as never,
  class Named extends Array {} as never,
  Object.getOwnPropertyDescriptor(
    {
      get x() {
        return 1
      },
    },
    'x',
  )?.get as () => unknown,
  Object.getOwnPropertyDescriptor(
    class {
      static set x(_v: number) {}
    },
    'x',
  )?.set as () => unknown,
]

describe('the text of a function', () => {
  it('parses in every form, with offsets into the text', () => {
    for (const fn of functions) {
      const text = Function.prototype.toString.call(fn)
      const { node, shift, member } = parseFunction(text)
      const whole = member ?? node
      assert.equal(text.slice(whole.start - shift, whole.end - shift), text)
    }
  })

  it('parses with comments at both ends', () => {
    assert.equal(parseFunction('/* a */ () => 1 // b').form, 'arrow')
  })

  it('that no reading fits is refused with the words of the first', () => {
    for (const text of ['function () { [native code] }', '1 + 1', '() => 1, () => 2', 'a: 1', '', '() => {']) {
      assert.throws(() => parseFunction(text), SyntaxError, text)
    }
  })

  it('loads the parser only when the first text comes', () => {
    const url = JSON.stringify(import.meta.resolve('#dist/capture/parse.js'))
    const code = `import(${url}).then(({ parseFunction }) => {
      const loaded = () => Object.keys(require('node:module')._cache).some((file) => /acorn/.test(file))
      const before = loaded(); parseFunction('() => 1'); console.log(before, loaded())
    })`
    assert.equal(execFileSync(process.execPath, ['-e', code], { encoding: 'utf8' }).trim(), 'false true')
  })
})
