import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'

// The compiled test lies in .build/test/, two folders below the project.
const root = new URL('../../', import.meta.url)

describe('the lock file', () => {
  it('records no download addresses, so that npm ci works behind any registry', () => {
    const lock = readFileSync(new URL('package-lock.json', root), 'utf8')
    assert.equal(lock.split('\n').filter((line) => line.includes('"resolved"')).length, 0)
    assert.ok(lock.includes('"integrity"'), 'the packages are still pinned by their hash')
  })

  it('stays so, because .npmrc tells npm to leave the addresses out', () => {
    assert.match(readFileSync(new URL('.npmrc', root), 'utf8'), /^omit-lockfile-registry-resolved=true$/m)
  })
})
