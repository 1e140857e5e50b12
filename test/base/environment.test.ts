import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { afterEach, describe, it } from 'node:test'
import { forcePlatform, platform } from '#dist/base/environment.js'

describe('the platform', () => {
  afterEach(() => forcePlatform({}))

  it('is what this machine has', () => {
    assert.equal(platform().isWindows, process.platform === 'win32')
    assert.equal(platform().shell === undefined, platform().isWindows)
  })

  it('can be forced to lack something, and keeps the rest', () => {
    const before = platform()
    forcePlatform({ hasProcfs: false, shell: undefined })
    assert.deepEqual(platform(), { ...before, hasProcfs: false, shell: undefined })
  })

  it('has a row in docs/platforms.md for each thing that it can lack, and for nothing else', () => {
    const page = readFileSync(new URL('../../../docs/platforms.md', import.meta.url), 'utf8')
    const guards = [...page.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name)
    assert.deepEqual([...new Set(guards)].sort(), Object.keys(platform()).sort())
  })

  it('is itself again afterwards', () => {
    const before = platform()
    forcePlatform({ isWindows: !before.isWindows })
    forcePlatform({})
    assert.deepEqual(platform(), before)
  })
})
