import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'

const STATIC_IMPORT = /^(?:import|export)\b[^'";]*?\bfrom '([^']+)'/gm

describe('importing manycore', () => {
  // Each import that has to be resolved costs about 0.25 ms, each time that a program starts.
  it('leads to few imports: what runs workers is loaded with the first of them', () => {
    const seen = new Map<string, number>()
    const visit = (file: URL): void => {
      if (seen.has(file.href)) return
      const specifiers = [...readFileSync(file, 'utf8').matchAll(STATIC_IMPORT)].map(([, name]) => name as string)
      seen.set(file.href, specifiers.length)
      for (const name of specifiers) if (name.startsWith('.')) visit(new URL(name, file))
    }
    visit(new URL('../../dist/index.js', import.meta.url))
    const edges = [...seen.values()].reduce((sum, count) => sum + count, 0)
    assert.ok(seen.size >= 10, 'found the modules')
    assert.ok(edges <= 64, `${seen.size} modules with ${edges} imports:\n${[...seen.keys()].join('\n')}`)
    const heavy = [...seen.keys()].filter((url) =>
      /dist\/(backend\/processes|channel|marshal|capture|pool\/core)/.test(url),
    )
    assert.deepEqual(heavy, [])
  })
})
