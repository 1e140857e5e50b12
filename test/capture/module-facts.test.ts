import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { literalUse, moduleFacts, offsetOf, thisOwner } from '#dist/capture/module-facts.js'

describe('facts of a module', () => {
  it('list imports of every kind', () => {
    const { imports, specifiers } = moduleFacts(
      `import a, { b, c as d, 'e f' as e } from 'one'; import * as all from "two"; import 'three'; import json from './x.json' with { type: 'json' }; export * from 'four'; export { z } from 'five'`,
      true,
    )
    assert.deepEqual(Object.fromEntries(imports), {
      a: { specifier: 'one', name: 'default', attributes: undefined },
      b: { specifier: 'one', name: 'b', attributes: undefined },
      d: { specifier: 'one', name: 'c', attributes: undefined },
      e: { specifier: 'one', name: 'e f', attributes: undefined },
      all: { specifier: 'two', name: '*', attributes: undefined },
      json: { specifier: './x.json', name: 'default', attributes: { type: 'json' } },
    })
    assert.deepEqual([...specifiers], ['one', 'two', 'three', './x.json', 'four', 'five'])
  })

  it('list exports by their local names', () => {
    const { exports } = moduleFacts(
      "export const a = 1, { b, c: [d] } = o; export function f() {} export class C {} const g = 1, h = 2; export { g as 'g g', h }; export { x } from 'x'; export default class D {}",
      true,
    )
    assert.deepEqual(Object.fromEntries(exports), {
      a: 'a',
      b: 'b',
      d: 'd',
      f: 'f',
      C: 'C',
      g: 'g g',
      h: 'h',
      D: 'default',
    })
  })

  it('know the ways to export a default', () => {
    const name = (source: string): string | undefined => [...moduleFacts(source, true).exports.keys()][0]
    assert.equal(name('const a = 1; export default a'), 'a')
    assert.equal(name('export default function () {}'), '*default*')
    assert.equal(name('export default () => 1'), '*default*')
    assert.equal(name('export default (class Inner {})'), '*default*')
  })

  it('tell strictness, and what does not parse', () => {
    assert.equal(moduleFacts('1', true).isStrict, true)
    assert.equal(moduleFacts('1', false).isStrict, false)
    assert.equal(moduleFacts("'use strict'; 1", false).isStrict, true)
    assert.equal(moduleFacts('#!/usr/bin/env node\nreturn 1', false).error, undefined)
    assert.ok(moduleFacts('import {', true).error instanceof SyntaxError)
    assert.deepEqual(thisOwner(moduleFacts('import {', true), 0), { kind: 'top' })
  })

  it('are cached by source and kind', () => {
    assert.equal(moduleFacts('var cached', true), moduleFacts('var cached', true))
    assert.notEqual(moduleFacts('var cached', true), moduleFacts('var cached', false))
  })

  it('turn positions into offsets over every line end of the language', () => {
    const source = 'a\nb\r\nc\rd\u2028e\u2029f'
    const facts = moduleFacts(source, true)
    const found = [0, 1, 2, 3, 4, 5].map((line) => source[offsetOf(facts, line, 0)])
    assert.deepEqual(found, ['a', 'b', 'c', 'd', 'e', 'f'])
  })
})

describe('the owner of `this` of an arrow', () => {
  const owner = (source: string): string => {
    const found = thisOwner(moduleFacts(source, true), source.indexOf('() => this'))
    return found.kind === 'top' ? 'top' : `${found.kind} ${source.slice(found.start, found.end).slice(0, 12)}`
  }
  it('is the nearest function that has its own', () => {
    assert.equal(owner('f(() => this)'), 'top')
    assert.equal(owner('(() => f(() => this))()'), 'top')
    assert.equal(owner('function outer() { return () => () => this }').slice(0, 14), 'function funct')
    assert.equal(owner('const o = { m() { f(() => this) } }'), 'function () { f(() =>')
    assert.equal(owner('class A { constructor() { this.f = () => this } }'), 'constructor () { this.f ')
    assert.equal(owner('class A { f = () => this }'), 'field () => this')
    assert.equal(owner('class A { f = wrap(() => this) }'), 'field wrap(() => t')
    assert.equal(owner('class A { static f = () => this }'), 'static () => this')
    assert.equal(owner('class A { static { f(() => this) } }'), 'static static { f((')
    assert.equal(owner('class A { [key(() => this)] = 1 }'), 'top')
  })
})

describe('the use of a function literal', () => {
  const use = (source: string): { calls: string[]; variable: string | undefined } => {
    const { calls, variable } = literalUse(moduleFacts(source, true), source.indexOf('(x) =>'))
    return { calls: calls.map(({ start, end }) => source.slice(start, end)), variable }
  }
  it('names the calls around it, outermost first', () => {
    assert.deepEqual(use('a(b((x) => 1), 2)'), { calls: ['a(b((x) => 1), 2)', 'b((x) => 1)'], variable: undefined })
    assert.deepEqual(use('new P((x) => 1)').calls, ['new P((x) => 1)'])
  })
  it('names the const that it initialises', () => {
    assert.equal(use('const f = (x) => 1').variable, 'f')
    assert.equal(use('const f = __name((x) => 1, "f")').variable, 'f')
    assert.equal(use('let f = (x) => 1').variable, undefined)
    assert.equal(use('const f = [(x) => 1]').variable, undefined)
    assert.equal(use('const f = () => { const g = (x) => 1 }').variable, 'g')
  })
})
