import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'

const INDEX = new URL('../../dist/index.js', import.meta.url)

describe('importing manycore', () => {
  // Each import that has to be resolved costs about 0.27 ms of CPU time, each time that a program starts.
  it('loads three files and no module of Node but node:module', () => {
    const door = readFileSync(INDEX, 'utf8')
    assert.deepEqual(
      [...door.matchAll(/\bfrom '([^']+)'/g)].map(([, name]) => name),
      ['node:module'],
    )
    const { files, builtins } = whatIsLoaded()
    assert.deepEqual(
      files.map((file) => file.replace(/.*\/dist\//, '')),
      ['joined/surface.cjs', 'joined/shared.cjs'],
    )
    assert.deepEqual(
      builtins.filter((name) => name !== 'module'),
      [],
    )
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

describe('the first call of a pool', () => {
  it('needs no parser for an export that is declared as such, and the second has one', () => {
    const exported = new URL('fixtures/pure-and-impure.js', import.meta.url)
    const program = `
      const { Pool } = await import(${JSON.stringify(INDEX.href)})
      const { half } = await import(${JSON.stringify(exported.href)})
      const { cache } = process.getBuiltinModule('node:module').createRequire(import.meta.url)
      const hasParser = () => Object.keys(cache).some((file) => file.endsWith('acorn.cjs'))
      const pool = new Pool({ processes: 1 })
      console.log(JSON.stringify([await pool.apply(half, [8]), hasParser(), await pool.apply(half, [6]), hasParser()]))
      await pool.terminate()`
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })
    assert.equal(stdout, '[4,false,3,true]\n', stderr)
  })
})

// In a process of its own, besides index.js: the joined files, and the modules of Node that were not there before.
function whatIsLoaded(): { files: string[]; builtins: string[] } {
  // What any ES module that comes from a file costs does not count.
  const empty = new URL('worker/home.js', INDEX)
  const program = `
    await import(${JSON.stringify(empty.href)})
    const before = process.moduleLoadList.length
    await import(${JSON.stringify(INDEX.href)})
    const fresh = process.moduleLoadList.slice(before)
    const { createRequire } = process.getBuiltinModule('node:module')
    console.log(JSON.stringify({
      files: Object.keys(createRequire(import.meta.url).cache),
      builtins: fresh.flatMap((name) => /^NativeModule (?!internal)(.+)$/.exec(name)?.[1] ?? []),
    }))`
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })
  assert.notEqual(stdout, '', stderr)
  return JSON.parse(stdout) as { files: string[]; builtins: string[] }
}
