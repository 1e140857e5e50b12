import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { textHash } from '#dist/capture/text-hash.js'

describe('the hash of a text', () => {
  it('is the same for the same text in every process and version', () => {
    assert.equal(textHash(''), textHash(''))
    assert.equal(textHash('(n) => n + 1'), 'M1X3HFNjtejQNr-u')
    assert.match(textHash('é 漢 😀 \ud800'), /^[\w-]{16}$/)
  })

  it('tells texts apart that differ in one place, in their order, or in their length', () => {
    const text = '(function(){"use strict";return[(function nothing() {})]})'
    const texts = new Set([text])
    for (let at = 0; at < text.length; at++) {
      for (const other of ['\0', 'a', 'b', ' ']) texts.add(text.slice(0, at) + other + text.slice(at + 1))
      texts.add(text.slice(0, at))
      texts.add(text.slice(at) + text.slice(0, at))
    }
    for (let zeros = 1; zeros <= 9; zeros++) texts.add(text + '\0'.repeat(zeros))
    assert.ok(texts.size > 5 * text.length)
    assert.equal(new Set([...texts].map(textHash)).size, texts.size)
  })

  it('spreads similar texts over each third of itself as chance would', () => {
    const count = 100_000
    const thirds = [0, 1, 2].map(() => new Set<number>())
    for (let n = 0; n < count; n++) {
      const bytes = Buffer.from(
        textHash(`\nfile:///app/tasks.js\n${n}:12\n(function(){return[(n) => n * ${n % 7}]})`),
        'base64url',
      )
      for (const [at, third] of thirds.entries()) third.add(bytes.readInt32LE(at * 4))
    }
    // Of so many numbers of 32 bits one pair is expected to be equal.
    for (const third of thirds) assert.ok(third.size >= count - 10, `${third.size} of ${count}`)
  })
})
