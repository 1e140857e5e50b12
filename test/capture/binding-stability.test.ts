import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bindingIsStable } from '#dist/capture/binding-stability.js'
import { moduleFacts } from '#dist/capture/module-facts.js'

/** Asks about `v` as the arrow marked `HERE` captures it. */
function isStable(source: string, { name = 'v', isModule = true } = {}): boolean {
  const offset = source.indexOf('() => HERE')
  assert.ok(offset >= 0, 'the source marks no function')
  const facts = moduleFacts(source, isModule)
  assert.equal(facts.error, undefined)
  return bindingIsStable(facts, offset, name)
}

describe('a captured variable', () => {
  const stable: Readonly<Record<string, string>> = {
    const: 'const v = 1; f(() => HERE)',
    'let that is only initialised': 'let v = 1; f(() => HERE)',
    'var that is only initialised': 'var v = 1; f(() => HERE)',
    'destructured const': 'const { a: [v] } = o; f(() => HERE)',
    import: "import { v } from 'x'; f(() => HERE)",
    'namespace import': "import * as v from 'x'; f(() => HERE)",
    function: 'function v() {} f(() => HERE)',
    class: 'class v {} f(() => HERE)',
    parameter: '(function (v) { f(() => HERE) })',
    'parameter of an arrow whose outer arguments are used':
      '(function () { return (v) => { arguments; f(() => HERE) } })',
    'parameter of a strict function that uses arguments': '(function (v) { arguments[0] = 1; f(() => HERE) })',
    'loop constant': 'for (const v of xs) f(() => HERE)',
    'loop let of for-of': 'for (let v of xs) f(() => HERE)',
    'catch parameter': 'try {} catch (v) { f(() => HERE) }',
    'name of a function expression': '(function v() { f(() => HERE) })',
    'exported let that nothing assigns': 'export let v = 1; f(() => HERE)',
    'variable shadowed where it is assigned': 'let v = 1; { let v; v = 2 } function g(v) { v++ } f(() => HERE)',
    'property of that name assigned': 'let v = {}; v.v = 1; o.v = 2; f(() => HERE)',
    'with an eval elsewhere': 'let o = 1; (function () { let w; eval(s) }); function g() { let v = 1; f(() => HERE) }',
    'with an indirect eval': 'let v = 1; (0, eval)(s); f(() => HERE)',
  }
  for (const [title, source] of Object.entries(stable))
    it(`keeps its value: ${title}`, () => assert.equal(isStable(source), true, source))

  const unstable: Readonly<Record<string, string>> = {
    'assigned later': 'let v = 1; f(() => HERE); v = 2',
    'assigned inside the function itself': 'let v = 1; f(() => HERE || (v = 2))',
    'assigned in another function': 'let v = 1; function g() { v += 1 } f(() => HERE)',
    updated: 'let v = 1; v++; f(() => HERE)',
    'assigned by ??=': 'let v; v ??= 1; f(() => HERE)',
    'a target of object destructuring': 'let v; ({ v } = o); f(() => HERE)',
    'a target with a default': 'let v; ({ v = 1 } = o); f(() => HERE)',
    'a target of nested destructuring': 'let v; [{ a: [...v] }] = o; f(() => HERE)',
    'a target of for-of': 'let v; for (v of xs); f(() => HERE)',
    'a target of for-in with a pattern': 'let v; for ([v] in xs); f(() => HERE)',
    'a counting loop variable': 'for (let v = 0; v < 3; v++) f(() => HERE)',
    'a var that a loop initialises again': 'for (const x of xs) { var v = x; f(() => HERE) }',
    'a var of a loop head': 'for (var v of xs) f(() => HERE)',
    'a var initialised twice': 'var v = 1; f(() => HERE); var v = 2',
    'a function declared and then a var of its name': '(function () { function v() {} var v = 1; f(() => HERE) })',
    'a reassigned function': 'function v() {} v = 1; f(() => HERE)',
    'a reassigned class': 'let v = class {}; v = decorate(v); f(() => HERE)',
    'an assigned parameter': '(function (v) { v = v ?? 1; f(() => HERE) })',
    'a parameter that a var of its name writes': '(function (v) { f(() => HERE); var v = 2 })',
    'a catch parameter that a var of its name writes': 'try {} catch (v) { f(() => HERE); var v = 2 }',
    'visible to direct eval below it': 'let v = 1; function g() { eval(s) } f(() => HERE)',
    'visible to direct eval in the function': 'let v = 1; f(() => HERE || eval(s))',
    'hidden by an eval between': '(function () { const v = 1; (function () { eval(s); f(() => HERE) })() })',
    'not declared in the source': 'f(() => HERE)',
  }
  for (const [title, source] of Object.entries(unstable))
    it(`may change: ${title}`, () => assert.equal(isStable(source), false, source))

  const sloppyUnstable: Readonly<Record<string, string>> = {
    'a parameter of a function that writes through arguments': '(function (v) { arguments[0] = 1; f(() => HERE) })',
    'the same, with a var of its name': '(function (v) { var v; arguments[0] = 1; f(() => HERE) })',
    'a name inside with': 'const v = 1; with (o) f(() => HERE)',
    'a function that a block declares again': 'function v() {} { function v() {} } f(() => HERE)',
  }
  for (const [title, source] of Object.entries(sloppyUnstable)) {
    it(`may change, in sloppy code: ${title}`, () => assert.equal(isStable(source, { isModule: false }), false, source))
  }

  it('is looked up from the place of the function', () => {
    const source = 'let v = 1; v = 2; function outer(v) { return { m() { return HERE } } }'
    const facts = moduleFacts(source, true)
    assert.equal(bindingIsStable(facts, source.indexOf('() { return HERE'), 'v'), true)
    assert.equal(bindingIsStable(facts, source.indexOf('(v)'), 'outer'), true)
    assert.equal(bindingIsStable(facts, 0, 'v'), false)
  })

  it('is unknown in a source that does not parse', () => {
    assert.equal(bindingIsStable(moduleFacts('const v = ;', true), 0, 'v'), false)
  })
})
