import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { purityOf } from '#dist/capture/purity.js'

function demands(text: string): Readonly<Record<string, readonly string[]>> {
  const purity = purityOf(text)
  assert.ok(purity, `${text} should count as pure`)
  return { constants: [...purity.constants], calls: [...purity.calls], intrinsics: [...purity.intrinsics] }
}

function keepsState(text: string): boolean | undefined {
  return purityOf(text)?.keepsState
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
    '(s) => s.trim().split(",").map((part) => part.length).filter(isLong => isLong > 2)',
    '(s) => { const half = (x) => x / 2; return s.map(half).sort((a, b) => a - b).toString() }',
    '(n) => { const seen = {}; for (const x of n) seen[x] = (seen[x] ?? 0) + 1; return seen }',
    '(n) => { const out = []; for (const x of n) out.push(x); return out.reverse() }',
    '(n) => { n.x = 1; n.y++; [n.z] = [1]; return n }',
    '(s) => s.replace(/a(b)/g, (_, b) => b).replaceAll("x", `y`)',
    '(n) => { let out = []; out = n; out[0] = 1 }',
    '(n) => n.toString()',
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

  it('of what JavaScript itself makes and does with data', () => {
    assert.deepEqual(
      demands('(n) => JSON.stringify([...new Set(Object.keys(n))].map(Number), null, 2)')['intrinsics'],
      ['JSON', 'Set', 'Object', 'Number'],
    )
    assert.deepEqual(demands('(n) => n instanceof Date ? new Date(n) : Date.now()')['intrinsics'], ['Date'])
    assert.deepEqual(demands('(n) => n.sort(undefined)')['intrinsics'], ['undefined'])
  })

  it('under the condition that a function that it hands on is pure', () => {
    assert.deepEqual(demands('(n) => n.map(helper)')['calls'], ['helper'])
    assert.deepEqual(demands('(n) => Array.from(n, helper)')['calls'], ['helper'])
  })

  it('although a run may change what an earlier one gave, which is told', () => {
    for (const text of [
      '(n) => { total = n }',
      '() => count++',
      '(n) => { [total] = n }',
      '(n) => { for (total of n); }',
      '() => { config.x = 1 }',
      '(n) => { seen.push(n); return seen }',
      '(n) => { const all = seen; all.add(n); return all }',
      '(n) => Object.assign(config, n)',
      '(n) => { n.x = seen }',
      '(n = (total = 1)) => n',
      '(n) => ({ [count++]: n })',
    ])
      assert.equal(keepsState(text), true, text)
    for (const text of [
      '(n) => n + count',
      '(n) => { const out = []; out.push(n); out[1] = 2; return out }',
      '(n) => { const map = new Map(); map.set(n, 1); return [...map] }',
      '(n) => seen.map((x) => x + n)',
    ])
      assert.equal(keepsState(text), false, text)
    assert.deepEqual([...(purityOf('(n) => { total += n; count++ }')?.assigned ?? [])], ['total', 'count'])
  })

  it('under the condition that the functions it calls are pure', () => {
    assert.deepEqual(demands('(n) => helper(n, limit)'), { constants: ['limit'], calls: ['helper'], intrinsics: [] })
  })

  const impure: Readonly<Record<string, string>> = {
    'calls an unknown member of Math': '(n) => Math.sum(n)',
    'calls a method that is not of JavaScript': '(n) => n.send()',
    'calls a method of a name that is computed': '(n) => n[n.x]()',
    'calls a method of something it does not know': '() => fs.get().send()',
    'hands on what may be any function': '(n, f) => n.map(f)',
    'hands on what it found': '(n) => n.map(n.x)',
    'hands on many arguments': '(n) => n.map(...n)',
    'replaces by what may be any function': '(s, by) => s.replace("a", by)',
    'applies a function': '(n) => n.map.call(n, (x) => x)',
    'asks for a constructor': '(n) => n.constructor',
    'assigns to its arguments': 'function f() { arguments[0] = 1 }',
    'constructs something it does not know': '(n) => new Thing(n)',
    'constructs a promise': '() => new Promise(() => {})',
    'constructs a proxy': '(n) => new Proxy(n, {})',
    'makes code': '(s) => new Function(s)',
    'calls a shadowed Math': '(n, Math) => Math.sqrt(n)',
    'reads something of Math that is no constant and calls it': '(n) => Math["sqrt"](n)',
    'calls a parameter': '(f) => f()',
    'calls a local that may hold anything': '(n) => { let f = () => 1; f = n; return f() }',
    deletes: '(n) => { delete n.x }',
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
    'hides an effect in a conversion': '(n) => ({ valueOf() { effect(n).send() } }) + 1',
    'does not parse': 'native code',
  }
  for (const [title, text] of Object.entries(impure))
    it(`is not told of a function that ${title}`, () => assert.equal(purityOf(text), undefined, text))
})
