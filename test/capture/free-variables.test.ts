import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { FreeVariable } from '#dist/capture/function-facts.js'
import { analyzeFunction } from '#dist/capture/free-variables.js'

const free = (text: string, isStrict = false): string[] => [...analyzeFunction(text, isStrict).free.keys()]

function variable(text: string, name: string): FreeVariable {
  const found = analyzeFunction(text).free.get(name)
  assert.ok(found, `${name} is not free in ${text}`)
  return found
}

describe('free variables', () => {
  const cases: readonly (readonly [title: string, text: string, names: readonly string[]])[] = [
    ['leave out parameters and their parts', '(a, { b, c: [d], ...e }, ...f) => [a, b, c, d, e, f, g]', ['c', 'g']],
    ['see defaults of parameters', '(a = outer, { [key]: b = other } = {}) => a + b', ['outer', 'key', 'other']],
    ['keep defaults apart from the variables of the body', 'function f(a = x) { var x = 1; return a + x }', ['x']],
    [
      'hoist var out of blocks, but not out of functions',
      '() => { { var x = 1 } x; (() => { var y = 1 })(); y }',
      ['y'],
    ],
    [
      'keep let, const and class in their block',
      '() => { { let a; const b = 1; class C {} } return [a, b, C] }',
      ['a', 'b', 'C'],
    ],
    ['hoist function declarations of the body', '() => { f(); function f() {} }', []],
    ['know the name of a function expression inside it only', '() => { (function me() { me() })(); me() }', ['me']],
    [
      'know the name of a class expression inside it only',
      '() => { const A = class B { m() { return B } }; return B }',
      ['B'],
    ],
    ['know the name of the function itself', 'function self(n) { return n ? self(n - 1) : 0 }', []],
    ['know the variable of a catch clause', '() => { try {} catch ({ code }) { return code } return code }', ['code']],
    [
      'know loop variables inside the loop only',
      '() => { for (const x of xs) x; for (let i = 0; i < n; i++) i; return [x, i] }',
      ['xs', 'n', 'x', 'i'],
    ],
    ['take the cases of a switch as one block', '(v) => { switch (v) { case 1: let a = 1; default: return a } }', []],
    [
      'do not take labels, keys and properties for variables',
      '() => { a: for (;;) { break a } return { b: 1, c() {}, get d() { return 1 } }.e }',
      [],
    ],
    ['see shorthand properties', '() => ({ a, b: c })', ['a', 'c']],
    ['see computed keys', '() => ({ [a]: 1, [`${b}`]() {} })', ['a', 'b']],
    ['see tags of templates', '() => tag`x ${y}`', ['tag', 'y']],
    ['see what is exported or deleted or typeof-ed', '() => { delete o.p; return typeof q }', ['o', 'q']],
    ['see arguments of the code around an arrow', '() => arguments[0]', ['arguments']],
    [
      'leave out arguments of the function itself, also in an arrow inside it',
      'function f() { return () => arguments }',
      [],
    ],
    ['take undefined for a name as any other', '() => undefined', ['undefined']],
    ['see field initialisers and methods of a class', 'class A { x = a; #y = b; m() { return c } }', ['a', 'b', 'c']],
    [
      'leave out what a class ran when it was made',
      'class A extends Base { static x = a; static { b() } static m() { return c } [d]() {} }',
      ['c'],
    ],
    ['see the base of a class inside', '() => class extends Base { [key] = value }', ['Base', 'key', 'value']],
    ['read methods, getters and setters', 'm(a) { return a + b }', ['b']],
    ['read getters', 'get size() { return list.length }', ['list']],
    ['read async generator methods', 'async *[Symbol.asyncIterator]() { yield* source }', ['source']],
    ['read keywords as names of methods', 'delete(key) { return map.delete(key) }', ['map']],
  ]
  for (const [title, text, names] of cases) it(title, () => assert.deepEqual(free(text).sort(), [...names].sort()))

  it('make a function in a block a variable of the whole function in sloppy code only', () => {
    const text = '() => { before; { function f() {} } return f; function before() {} }'
    assert.deepEqual(free(text), [])
    assert.deepEqual(free(text, true), ['f'])
    assert.deepEqual(free(`() => { 'use strict'; { function f() {} } return f }`), ['f'])
    assert.deepEqual(free('() => { { let f; { function f() {} } } return f }'), ['f'])
    assert.deepEqual(free('() => { { async function f() {} } return f }'), ['f'])
  })

  it('tell every way to assign', () => {
    for (const text of [
      '() => { x = 1 }',
      '() => x++',
      '() => { ({ x } = o) }',
      '() => { ({ a: { b: [x = 1] } } = o) }',
      '() => { for (x of y); }',
      '() => x ??= 1',
    ]) {
      assert.equal(variable(text, 'x').assigned, true, text)
    }
    for (const text of ['() => x.y = 1', '() => x', '() => { x.y++ }', '() => { let y = x }'])
      assert.equal(variable(text, 'x').assigned, false, text)
  })

  it('tell use by members from use as a whole', () => {
    assert.deepEqual([...variable('() => ns.a + ns.b() + ns?.c', 'ns').members], ['a', 'b', 'c'])
    assert.equal(variable('() => ns.a', 'ns').whole, false)
    for (const text of ['() => ns[a]', '() => f(ns)', '() => ns.a + ns', '() => ({ ns })'])
      assert.equal(variable(text, 'ns').whole, true, text)
  })

  it('give the place and form of every reference', () => {
    const text = '() => { n++; n(); n`x`; ({ n } = { n }); return n }'
    const { references } = variable(text, 'n')
    assert.deepEqual(
      references.map(({ form }) => form),
      ['plain', 'call', 'call', 'shorthand', 'shorthand', 'plain'],
    )
    for (const { start, end } of references) assert.equal(text.slice(start, end), 'n')
  })
})

describe('facts of a function', () => {
  it('name its form', () => {
    const forms = {
      '() => 1': 'arrow',
      'function () {}': 'function',
      'class {}': 'class',
      'm() {}': 'method',
      'get x() {}': 'getter',
      'set x(v) {}': 'setter',
      '#m() {}': 'private',
    }
    for (const [text, form] of Object.entries(forms)) assert.equal(analyzeFunction(text).form, form)
  })

  it('tell what an arrow takes from around it', () => {
    assert.equal(analyzeFunction('() => () => this.x').usesThis, true)
    assert.equal(analyzeFunction('() => function () { return this }').usesThis, false)
    assert.equal(analyzeFunction('() => class { x = this }').usesThis, false)
    assert.equal(analyzeFunction('function f() { return this }').usesThis, false)
    assert.equal(analyzeFunction('() => new.target').usesNewTarget, true)
    assert.equal(analyzeFunction('() => super.m()').usesSuper, true)
    assert.equal(analyzeFunction('m() { return () => super.m() }').usesSuper, true)
    assert.equal(analyzeFunction('m() { return { n() { return super.n() } } }').usesSuper, false)
    assert.equal(analyzeFunction('m() { return function () { return 1 } }').usesSuper, false)
  })

  it('tell direct eval and with', () => {
    assert.equal(analyzeFunction('(s) => eval(s)').hasEval, true)
    assert.equal(analyzeFunction('(s, eval) => eval(s)').hasEval, false)
    assert.equal(analyzeFunction('(s) => (0, eval)(s)').hasEval, false)
    assert.equal(analyzeFunction('function f(o) { with (o) { return x } }').hasEval, true)
  })

  it('give the places of import.meta and import()', () => {
    const text = "async () => [import.meta.url, await import('./x.js'), import.meta]"
    const { importMetas, dynamicImports } = analyzeFunction(text)
    assert.deepEqual(
      importMetas.map(([start, end]) => text.slice(start, end)),
      ['import.meta', 'import.meta'],
    )
    assert.deepEqual(
      dynamicImports.map((at) => text.slice(at, at + 7)),
      ['import('],
    )
  })

  it('list private names that no class in the text declares', () => {
    const texts = {
      '(o) => #a in o || o.#b': ['a', 'b'],
      '() => class { #a$ = 1; read() { return this.#a$ } }': [],
      '(o) => { class A { #a; static has(x) { return #a in x && o.#b } } return A }': ['b'],
      'class A { #a; read(o) { return class { #b; read() { return this.#b + o.#a + o.#c } } } }': ['c'],
      '(o) => { class A { #a } return o.#a }': ['a'],
    }
    for (const [text, names] of Object.entries(texts))
      assert.deepEqual([...analyzeFunction(text).privateNames], names, text)
  })

  it('give the offset that V8 reports', () => {
    for (const text of [
      'function f(a) {}',
      'async function* /* ( */ f // (\n (a) {}',
      'function(a){}',
      'm(a) {}',
      '[(1, key)](a) {}',
      "get 'x y'() {}",
    ]) {
      assert.match(text.slice(analyzeFunction(text).anchor), /^\(a?\) ?\{\}$/)
    }
    for (const text of ['(a) => a', 'async a => a', 'class A { m() {} }']) assert.equal(analyzeFunction(text).anchor, 0)
  })

  it('tell strictness of its own', () => {
    assert.equal(analyzeFunction("function f() { 'use strict' }").isStrict, true)
    assert.equal(analyzeFunction("() => { 'other'; 'use strict' }").isStrict, true)
    assert.equal(analyzeFunction("() => { 1; 'use strict' }").isStrict, false)
    assert.equal(analyzeFunction('class A {}').isStrict, true)
  })

  it('are cached by text, failures too', () => {
    assert.equal(analyzeFunction('() => cached'), analyzeFunction('() => cached'))
    const failure = (): unknown => {
      try {
        return analyzeFunction('not a function')
      } catch (error) {
        return error
      }
    }
    assert.ok(failure() instanceof SyntaxError)
    assert.equal(failure(), failure())
  })
})
