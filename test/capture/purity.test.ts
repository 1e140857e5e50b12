import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { purityOf } from '#dist/capture/purity.js'

function demands(text: string): Readonly<Record<string, readonly string[]>> {
  const purity = purityOf(text)
  assert.ok(purity, `${text} should count as pure`)
  return { constants: [...purity.constants], calls: [...purity.calls], intrinsics: [...purity.intrinsics] }
}

describe('running a function again cannot be noticed', () => {
  const pure = [
    '(n) => n * 2',
    '(n) => n.a?.b[0] ?? -n',
    'function f({ a, b = 1 }, ...rest) { return [...rest, a + b, `x${a}`] }',
    '(n) => { let sum = 0; for (let i = 0; i < n; i++) sum += i; return sum }',
    '(n) => { const out = []; for (const x of n) out[out.length] = x; return out }',
    '(n) => { let a, b; ({ a, b } = n); [a, b] = [b, a]; return { a, b } }',
    '(n) => { const square = (x) => x * x; return square(n) + square(2) }',
    'function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2) }',
    '(n) => { function even(x) { return x === 0 || odd(x - 1) } function odd(x) { return x !== 0 && even(x - 1) } return even(n) }',
    '(n) => { if (n < 0) throw { message: "negative" }; try { return n.a.b } catch (error) { return 0 } }',
    '(n) => { outer: for (;;) { switch (n) { case 1: break outer; default: n = 1 } } return n }',
    'm(x) { return x }',
    '() => undefined',
  ]
  for (const text of pure)
    it(`is told of ${text}`, () => assert.deepEqual(demands(text), { constants: [], calls: [], intrinsics: [] }))

  it('under the condition that captured constants are plain', () => {
    assert.deepEqual(demands('(n) => n * factor + config.offset'), {
      constants: ['factor', 'config'],
      calls: [],
      intrinsics: [],
    })
    assert.deepEqual(demands('(n) => apply(helper, n)'), { constants: ['helper'], calls: ['apply'], intrinsics: [] })
  })

  it('under the condition that intrinsics are what they are named', () => {
    assert.deepEqual(demands('(n) => Math.sqrt(n) * Math.PI + Number(n)'), {
      constants: [],
      calls: [],
      intrinsics: ['Math', 'Number'],
    })
  })

  it('under the condition that the functions it calls are pure', () => {
    assert.deepEqual(demands('(n) => helper(n, limit)'), { constants: ['limit'], calls: ['helper'], intrinsics: [] })
  })

  const impure: Readonly<Record<string, string>> = {
    'calls a method': '(n) => n.toString()',
    'calls an unknown member of Math': '(n) => Math.sum(n)',
    'calls a shadowed Math': '(n, Math) => Math.sqrt(n)',
    'reads something of Math that is no constant and calls it': '(n) => Math["sqrt"](n)',
    'calls a parameter': '(f) => f()',
    'calls a local that may hold anything': '(n) => { let f = () => 1; f = n; return f() }',
    'assigns a captured variable': '(n) => { total = n }',
    'updates a captured variable': '() => count++',
    'destructures into a captured variable': '(n) => { [total] = n }',
    'loops over a captured variable': '(n) => { for (total of n); }',
    'assigns a property of a parameter': '(n) => { n.x = 1 }',
    'assigns a property of a captured object': '() => { config.x = 1 }',
    'assigns through an alias': '(n) => { let out = []; out = n; out[0] = 1 }',
    'assigns deep in an array of its own': '(n) => { const out = [n]; out[0].x = 1 }',
    'destructures into a property of a parameter': '(n) => { [n.x] = [1] }',
    'updates a property of a parameter': '(n) => { n.x++ }',
    deletes: '(n) => { delete n.x }',
    constructs: '(n) => new Date(n)',
    'tags a template': '(n) => tag`${n}`',
    'is async': 'async (n) => n',
    'is a generator': 'function* f() { yield 1 }',
    'awaits inside': '() => async () => 1',
    'uses this': 'function f() { return this.x }',
    'uses super': 'm() { return super.x }',
    'uses arguments': 'function f() { return arguments[0] }',
    'uses instanceof': '(n) => n instanceof Thing',
    imports: "() => import('x')",
    'uses import.meta': '() => import.meta.url',
    'makes a class': '() => class {}',
    evaluates: '(s) => eval(s)',
    'uses with': 'function f(o) { with (o) { return x } }',
    'stops a debugger': '() => { debugger }',
    disposes: '(n) => { using x = n }',
    'is a class': 'class A {}',
    'is a getter': 'get x() { return 1 }',
    'hides an effect in a conversion': '(n) => ({ valueOf() { effect.x = n } }) + 1',
    'hides an effect in a default': '(n = (total = 1)) => n',
    'hides an effect in a computed key': '(n) => ({ [count++]: n })',
    'does not parse': 'native code',
  }
  for (const [title, text] of Object.entries(impure))
    it(`is not told of a function that ${title}`, () => assert.equal(purityOf(text), undefined, text))
})
