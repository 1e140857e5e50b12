import assert from 'node:assert/strict'
import { basename } from 'node:path'
import { describe, it } from 'node:test'
import { captureGraph } from '#dist/capture/capture.js'
import { isExport, isStateless, purityIn, recheckOf } from '#dist/capture/verdict.js'
import { count, increase } from '../fixtures/live-binding.js'
import * as exported from '../fixtures/pure-and-impure.js'
import { callsImpure, half, keepsCount, reassign, reassigned, usesModule } from '../fixtures/pure-and-impure.js'

const factor = 3
const settings = { factor }
let changing = 1
const change = (): void => void changing++
const helper = (n: number): number => n * factor

type Anything = (...args: never[]) => unknown
const needsNoCapture = (fn: Anything): boolean => recheckOf(captureGraph(fn))?.() ?? false

describe('the graph of an export', () => {
  it('is told from that of a function that goes by value, and of a builtin one', () => {
    const answers = [half, (n: number) => half(n), Math.abs, [half]].map((value) => isExport(captureGraph(value)))
    assert.deepEqual(answers, [true, false, false, false])
  })
})

describe('capturing a function again', () => {
  it('is needless when its variables never change', () => {
    assert.equal(
      needsNoCapture((n: number) => n + 1),
      true,
    )
    assert.equal(
      needsNoCapture((n: number) => n * factor),
      true,
    )
    assert.equal(
      needsNoCapture((n: number) => helper(n) + helper(1)),
      true,
    )
    assert.equal(
      needsNoCapture((path: string) => basename(path)),
      true,
    )
  })

  it('is needed when a variable is assigned somewhere', () => {
    change()
    assert.equal(
      needsNoCapture(() => changing),
      false,
    )
  })

  it('is needed when it captures an object, which may change inside', () => {
    assert.equal(
      needsNoCapture(() => settings.factor),
      false,
    )
  })

  it('is needed when its own module may change what it imports', () => {
    const read = (): number => count
    assert.equal(needsNoCapture(read), false)
    increase()
    assert.equal(read(), 2)
  })

  it('is needed while a variable may still wait for its initialiser', () => {
    const read = (): unknown => late
    assert.equal(needsNoCapture(read), false)
    // oxlint-disable-next-line no-var -- a `let` would be told on Node 22, a `var` never is
    var late = 1
    assert.equal(needsNoCapture(read), true)
  })

  it('is needed when the function gets a property', () => {
    const fn = (): number => factor
    const isUnchanged = recheckOf(captureGraph(fn))
    assert.equal(isUnchanged?.(), true)
    Object.assign(fn, { extra: 1 })
    assert.equal(isUnchanged?.(), false)
    assert.equal(isStateless(captureGraph(fn)), false)
  })
})

describe('running a function again', () => {
  const pure = (fn: Anything): boolean => purityIn(captureGraph(fn)) !== undefined

  it('cannot be noticed when all that it reads is plain and all that it calls is pure', () => {
    assert.equal(
      pure((n: number) => Math.sqrt(n) * factor),
      true,
    )
    assert.equal(
      pure((n: number) => settings.factor + helper(n)),
      true,
    )
  })

  it('may be noticed when it calls anything else', () => {
    assert.equal(
      pure((path: string) => basename(path)),
      false,
    )
    const effect = (): void => console.log()
    assert.equal(
      pure(() => effect()),
      false,
    )
    const api = { get: effect, data: { get: 1 } }
    assert.equal(
      pure(() => api.get()),
      false,
    )
    assert.equal(
      pure((items: number[]) => items.map(effect)),
      false,
    )
    const Math = { sqrt: change }
    assert.equal(
      pure(() => Math.sqrt()),
      false,
    )
  })

  it('cannot be noticed outside of its worker when it only keeps a state of its own there', () => {
    const seen: number[] = []
    const keep = (n: number): number => seen.push(n)
    assert.deepEqual(purityIn(captureGraph((n: number) => keep(n) + changing++)), { keepsState: true })
    assert.deepEqual(purityIn(captureGraph((n: number) => helper(n))), { keepsState: false })
  })

  it('may be noticed when what it calls may become another function', () => {
    let step = (n: number): number => n + 1
    const choose = (n: number): void => {
      if (n < 0) step = (): number => -n
    }
    assert.equal(
      pure((n: number) => {
        choose(n)
        return step(n)
      }),
      false,
    )
  })

  it('may be noticed when what it reads is not plain', () => {
    const map = new Map([[1, 2]])
    assert.equal(
      pure((n: number) => map.get(n)),
      false,
    )
    const trap = {
      get factor(): number {
        return changing++
      },
    }
    assert.equal(
      pure(() => trap.factor),
      false,
    )
  })

  it('cannot be noticed either when a module exports it that gives its name no other value', () => {
    assert.equal(pure(exported.half), true)
    assert.equal(pure(exported.root), true)
    assert.equal(pure(exported.fibonacci), true)
    assert.equal(pure(exported.renamed), true)
    assert.equal(pure(exported.usesModule), true)
    assert.equal(pure(exported.readsData), true)
    assert.equal(
      pure((n: number) => [n].map(usesModule)[0]! + usesModule(helper(n))),
      true,
    )
  })

  it('may be noticed when an export uses more of its module, or may be another one there', () => {
    const { readsObject, readsSpread, readsOther, readsTaught, readsPatched, readsGlobal, callsOther } = exported
    const taught = [readsTaught, readsPatched, readsGlobal]
    for (const fn of [keepsCount, readsObject, readsSpread, readsOther, ...taught, callsOther, callsImpure])
      assert.equal(pure(fn), false, fn.name)
    assert.equal(
      pure((n: number) => keepsCount(n)),
      false,
    )
    assert.equal(
      pure((n: number) => callsImpure(n)),
      false,
    )
    assert.equal(
      pure((n: number) => reassigned(n)),
      false,
    )
    assert.equal(pure(exported.reassigned), false)
    assert.equal(pure(exported.either), false)
    assert.equal(pure(exported.alias), false)
  })
})

describe('a function that is declared behind `export`', () => {
  const nodeOf = (fn: Anything): unknown => captureGraph(fn).nodes[0]

  it('goes by its name, as long as its module gives the name no other value', () => {
    const url = new URL('../fixtures/pure-and-impure.js', import.meta.url).href
    const named = (name: string): object => ({ kind: 'import', base: url, specifier: url, name })
    assert.deepEqual([nodeOf(half), nodeOf(reassigned)], [named('half'), named('reassigned')])
    const first = reassigned
    reassign()
    assert.deepEqual(nodeOf(reassigned), named('keepsCount'))
    assert.equal((nodeOf(first) as { kind: string }).kind, 'function')
  })
})
