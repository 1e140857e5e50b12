import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'

// The compiled test lies in .build/test/, two folders below the project.
const root = new URL('../../', import.meta.url)
const text = readFileSync(new URL('package-lock.json', root), 'utf8')

interface Entry {
  readonly optionalDependencies?: Record<string, string>
  readonly devDependencies?: Record<string, string>
}

describe('the lock file', () => {
  const { packages } = JSON.parse(text) as { packages: Record<string, Entry> }

  it('records no download addresses, so that npm ci works behind any registry', () => {
    assert.equal(text.split('\n').filter((line) => line.includes('"resolved"')).length, 0)
    assert.ok(text.includes('"integrity"'), 'the packages are still pinned by their hash')
  })

  it('stays so, because .npmrc tells npm to leave the addresses out', () => {
    assert.match(readFileSync(new URL('.npmrc', root), 'utf8'), /^omit-lockfile-registry-resolved=true$/m)
  })

  it('names every platform package, else npm ci refuses it: `node scripts/complete-lock.mjs` adds what is missing', () => {
    const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        (name) => !(`${path}/node_modules/${name}` in packages) && !(`node_modules/${name}` in packages),
      ),
    )
    assert.deepEqual(missing, [])
  })

  it('agrees with package.json', () => {
    const manifest = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as Entry
    assert.deepEqual(packages['']?.devDependencies, manifest.devDependencies)
  })
})
