import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import util from 'node:util'
import { shown, textOf } from '#dist/base/thrown-text.js'

const fail = (): never => {
  throw new RangeError('asked')
}

describe('what was thrown', () => {
  it('is told in words, whatever it is', () => {
    for (const [thrown, text] of [
      [new TypeError('no'), 'no'],
      ['text', 'text'],
      [undefined, 'undefined'],
      [Symbol('s'), 'Symbol(s)'],
      [Object.create(null), '[Object: null prototype] {}'],
      [{ toString: fail, own: 1 }, /own: 1/],
      [{ toString: fail, [Symbol.for('nodejs.util.inspect.custom')]: fail, own: 1 }, /own: 1/],
    ] as const) {
      if (typeof text === 'string') assert.equal(textOf(thrown), text)
      else assert.match(textOf(thrown), text)
    }
  })

  it('is told of even when Node cannot show it', (t) => {
    t.mock.method(util, 'inspect', fail)
    for (const thrown of [{ toString: fail }, Object.defineProperty(new Error('m'), 'message', { get: fail })]) {
      assert.equal(textOf(thrown), 'something that has no text')
      assert.equal(shown(thrown), 'something that has no text')
    }
  })
})
