import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { describe, it } from 'node:test'

// Of ES modules, of the doors to joined files, and of these: what is loaded as soon as the file is.
const LOADED_AT_ONCE =
  /^(?:(?:import|export)\b[^'";]*?\bfrom ["']|const joined = createRequire\(import\.meta\.url\)\('|var \w+ = (?:__toESM\()?require\(")([^"']+)["']/gm

describe('importing manycore', () => {
  const { modules, builtins } = whatIsImported(new URL('../../dist/index.js', import.meta.url))

  // Each import that has to be resolved costs about 0.27 ms of CPU time, each time that a program starts.
  it('loads three files and no builtin module but node:module', () => {
    const files = [...modules].map((url) => url.replace(/.*\/dist\//, ''))
    assert.deepEqual(files, ['index.js', 'joined/surface.cjs', 'joined/shared.cjs'])
    assert.deepEqual([...builtins], ['node:module'])
  })

  it('leads to nothing that runs workers', () => {
    const map = readFileSync(new URL('../../dist/joined/surface.cjs.map', import.meta.url), 'utf8')
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
    for (const [, name = ''] of readFileSync(new URL(href), 'utf8').matchAll(LOADED_AT_ONCE)) {
      if (isBuiltin(name)) builtins.add(name)
      else modules.add(new URL(name, href).href)
    }
  }
  return { modules, builtins }
}
