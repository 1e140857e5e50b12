import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type ClassLayout, lostFieldName, type LostFieldName } from '#dist/capture/class-layout.js'
import { analyzeFunction } from '#dist/capture/free-variables.js'

function layoutOf(text: string): ClassLayout {
  const { classLayout } = analyzeFunction(text)
  assert.ok(classLayout)
  return classLayout
}

describe('the layout of a class', () => {
  const text = `class A extends mixin(B) {
    static #count = 1
    static made = new Date()
    static { start() }
    static async m() { return 1 }
    #secret = 2
    field = 3
    bare
    'quoted name' = 4
    5() {}
    constructor(a, b) { super(); }
    get size() { return 1 }
    set size(v) {}
    #hidden() {}
    [key]() {}
    [Symbol.iterator]() {}
  }`
  const { name, superRange, members } = layoutOf(text)

  it('has its name and its base', () => {
    assert.equal(name, 'A')
    assert.ok(superRange)
    assert.equal(text.slice(...superRange), 'mixin(B)')
    assert.equal(layoutOf('class {}').superRange, undefined)
    assert.equal(layoutOf('class {}').name, undefined)
  })

  it('lists the members in order, with their keys', () => {
    assert.deepEqual(
      members.map(({ key }) => key),
      [
        '#count',
        'made',
        undefined,
        'm',
        '#secret',
        'field',
        'bare',
        'quoted name',
        '5',
        'constructor',
        'size',
        'size',
        '#hidden',
        undefined,
        undefined,
      ],
    )
    assert.deepEqual(members.map(({ kind }) => kind).filter(Boolean), [
      'method',
      'method',
      'constructor',
      'get',
      'set',
      'method',
      'method',
      'method',
    ])
  })

  it('tells what ran already: public static fields and static blocks', () => {
    assert.deepEqual(
      members.filter((member) => member.ranAlready).map(({ range }) => text.slice(...range)),
      ['static made = new Date()', 'static { start() }'],
    )
  })

  it('tells static and private members', () => {
    assert.deepEqual(
      members.filter((member) => member.isStatic).map(({ key }) => key),
      ['#count', 'made', undefined, 'm'],
    )
    assert.deepEqual(
      members.filter((member) => member.isPrivate).map(({ key }) => key),
      ['#count', '#secret', '#hidden'],
    )
  })

  it('gives the places of values and of the constructor body', () => {
    const value = (key: string): string | undefined => {
      const range = members.find((member) => member.key === key)?.value
      return range && text.slice(...range)
    }
    assert.equal(value('#secret'), '2')
    assert.equal(value('bare'), undefined)
    assert.equal(value('constructor'), '(a, b) { super(); }')
    const body = members.find((member) => member.kind === 'constructor')?.constructorBody
    assert.equal(text.slice(body).startsWith('{ super();'), true)
  })

  it('reads computed keys', () => {
    const [plain, wellKnown] = members.filter((member) => member.computed).map((member) => member.computed)
    assert.deepEqual(plain && [text.slice(...plain.range), plain.isConstant, [...plain.free], plain.isRepeatable], [
      'key',
      false,
      ['key'],
      true,
    ])
    assert.equal(wellKnown?.isConstant, true)
  })
})

describe('the name of a computed field', () => {
  const lost = (text: string, visible: readonly string[] = []): LostFieldName | undefined =>
    lostFieldName(layoutOf(text), text, (name) => visible.includes(name))

  it('is lost when V8 dropped a variable of it', () => {
    assert.deepEqual(lost('class A { [key] = 1 }'), { expression: 'key', variable: 'key' })
    assert.deepEqual(lost('class A { [`${a}-${b}`] = 1 }', ['a']), { expression: '`${a}-${b}`', variable: 'b' })
  })

  it('is lost when its expression cannot be evaluated again', () => {
    for (const expression of [
      'next()',
      'i++',
      'a = 1',
      'new Thing()',
      'tag`x`',
      '{}',
      '[a]',
      'delete a.b',
      '() => 1',
    ]) {
      assert.deepEqual(lost(`class A { [${expression}] = 1 }`, ['next', 'i', 'a', 'Thing', 'tag']), {
        expression,
        variable: undefined,
      })
    }
  })

  it('is had when its variables are visible, when it is constant, and for methods and static fields', () => {
    assert.equal(lost('class A { [keys.first + `x` + (a ? -1 : b?.c)] = 1 }', ['keys', 'a', 'b']), undefined)
    assert.equal(lost("class A { ['x'] = 1; [Symbol.toStringTag] = 2; plain = 3 }"), undefined)
    assert.equal(lost('class A { [key]() {} static [key] = 1; get [other]() {} }'), undefined)
  })
})
