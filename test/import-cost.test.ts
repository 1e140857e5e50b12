import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { describe, it } from 'node:test'

const STATIC_IMPORT = /^(?:import|export)\b[^'";]*?\bfrom ["']([^"']+)["']/gm

describe('importing manycore', () => {
  const { modules, builtins } = whatIsImported(new URL('../../dist/index.js', import.meta.url))

  // Each import that has to be resolved costs about 0.27 ms of CPU time, each time that a program starts.
  it('loads two files and no builtin module but node:module', () => {
    const files = [...modules].map((url) => url.replace(/.*\/dist\//, ''))
    assert.deepEqual(files, ['index.js', 'joined/surface.js'])
    assert.deepEqual([...builtins], ['node:module'])
  })

  it('leads to nothing that runs workers', () => {
    const map = readFileSync(new URL('../../dist/joined/surface.js.map', import.meta.url), 'utf8')
    const { sources } = JSON.parse(map) as { sources: string[] }
    assert.ok(sources.length >= 10, 'found the sources')
    const heavy = /src\/(backend\/(?!executable)|channel|marshal|capture|pool\/core|worker\/loop)/
    assert.deepEqual(
      sources.filter((source) => heavy.test(source)),
      [],
    )
  })
})

function whatIsImported(entry: URL): { modules: Set<string>; builtins: Set<string> } {
  const modules = new Set([entry.href])
  const builtins = new Set<string>()
  for (const href of modules) {
    for (const [, name = ''] of readFileSync(new URL(href), 'utf8').matchAll(STATIC_IMPORT)) {
      if (isBuiltin(name)) builtins.add(name)
      else modules.add(new URL(name, href).href)
    }
  }
  return { modules, builtins }
}
