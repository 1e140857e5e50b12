import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import * as manycore from 'manycore'
import { listSurface, readSurface } from './support/surface.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const surface = readSurface(join(root, 'dist/index.d.ts'))

describe('the public surface', () => {
  it('is what test/surface.txt lists: after a change that is meant, `npm run surface` writes the list anew', () => {
    assert.equal(listSurface(surface), readFileSync(join(root, 'test/surface.txt'), 'utf8'))
  })

  it('has at run time what its declarations promise, and nothing else', () => {
    const declared = surface.filter(({ kind }) => kind !== 'interface' && kind !== 'type').map(({ name }) => name)
    assert.deepEqual(Object.keys(manycore).sort(), declared)
  })

  it('#054 every name that the index exports resolves, here and by require()', () => {
    const required = createRequire(import.meta.url)('manycore') as Record<string, unknown>
    const names = Object.keys(manycore)
    assert.ok(names.includes('Process') && names.includes('Pool'))
    for (const name of names) {
      assert.notEqual((manycore as Record<string, unknown>)[name], undefined, name)
      assert.equal(required[name], (manycore as Record<string, unknown>)[name], name)
      // What joins the files may not change what users see of a class.
      if (typeof required[name] === 'function') assert.equal(required[name].name, name)
    }
  })

  it('documents every name', () => {
    assert.deepEqual(undocumented(join(root, 'dist/index.d.ts')), [])
  })

  it('shows an example for every class and function', () => {
    assert.deepEqual(withoutExample(join(root, 'dist/index.d.ts')), [])
  })
})

describe('the error codes', () => {
  it('have a row each in docs/errors.md, and no row is left over', () => {
    const declarations = readFileSync(join(root, 'dist/base/errors.d.ts'), 'utf8')
    const [, union = ''] = /export type ErrorCode = ([^;]*);/.exec(declarations) ?? []
    const codes = [...union.matchAll(/'(\w+)'/g)].map(([, code = '']) => code)
    const rows = readFileSync(join(root, 'docs/errors.md'), 'utf8').matchAll(/^\| `(\w+)` \|/gm)
    assert.ok(codes.length > 20, 'the union of codes was found')
    assert.deepEqual([...rows].map(([, code]) => code).sort(), codes.sort())
  })
})

describe('importing manycore', () => {
  it('has no side effects: no handle, no listener, no global, no patched prototype', async () => {
    const { changes } = await importInFreshProcess()
    assert.deepEqual(changes, [])
  })

  it('loads no builtin module that only a started worker or a captured function needs', async () => {
    const { loaded } = await importInFreshProcess()
    const early = ['child_process', 'inspector', 'net', 'worker_threads', 'v8', 'vm', 'crypto', 'zlib', 'http']
    assert.deepEqual(
      loaded.filter((name) => early.includes(name.replace('NativeModule ', ''))),
      [],
    )
  })
})

describe('the reader of the surface', () => {
  it('finds names without a doc comment, through lists, renames and stars', (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'surface-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const write = (name: string, text: string): void => writeFileSync(join(folder, name), text)
    write(
      'index.d.ts',
      "export { A, type B as C } from './a.js';\nexport * from './b.js';\nexport type { D } from './a.js';\n",
    )
    write('a.d.ts', '/** A. */\nexport declare class A {\n}\nexport interface B {\n}\n/** D. */\nexport type D = 1;\n')
    write(
      'b.d.ts',
      '/** f.\n * ```ts\n * f()\n * ```\n */\nexport declare function f(): void;\nexport declare const g = 1;\n',
    )
    const index = join(folder, 'index.d.ts')
    assert.equal(listSurface(readSurface(index)), 'class A\ninterface C\ntype D\nfunction f\nconst g\n')
    assert.deepEqual(undocumented(index), ['interface C', 'const g'])
    assert.deepEqual(withoutExample(index), ['class A'])
  })
})

function undocumented(index: string): string[] {
  return readSurface(index)
    .filter(({ doc }) => doc === undefined)
    .map(({ kind, name }) => `${kind} ${name}`)
}

// The error classes are shown at work in docs/errors.md, all of them in one way.
function withoutExample(index: string): string[] {
  return readSurface(index)
    .filter(({ kind, declaration }) => /class|function/.test(kind) && !/ extends (Manycore)?Error\b/.test(declaration))
    .filter(({ doc = '' }) => !doc.includes('```ts') && !doc.includes('@example'))
    .map(({ kind, name }) => `${kind} ${name}`)
}

async function importInFreshProcess(): Promise<{ changes: unknown[]; loaded: string[] }> {
  const fixture = fileURLToPath(new URL('./fixtures/import-without-effects.js', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [fixture])
  return JSON.parse(stdout) as { changes: unknown[]; loaded: string[] }
}
