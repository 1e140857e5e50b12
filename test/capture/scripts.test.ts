import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { compileFunction, Script } from 'node:vm'
import { analyzeFunction } from '#dist/capture/free-variables.js'
import { look } from '#dist/capture/inspector.js'
import {
  debuggerCycles,
  scriptOf,
  scriptsByUrl,
  scriptSource,
  sourceMapComment,
  sourceMapUrlOf,
  type SourceProof,
} from '#dist/capture/scripts.js'

const folder = mkdtempSync(join(tmpdir(), 'manycore-scripts-'))
after(() => rmSync(folder, { recursive: true }))

function proofOf(fn: (...args: never[]) => unknown): SourceProof {
  const text = Function.prototype.toString.call(fn)
  const { location } = look(fn)
  assert.ok(location)
  return { text, ...location, anchor: analyzeFunction(text).anchor }
}

function scriptIdOf(value: object): string {
  const { location } = look(value)
  assert.ok(location)
  return location.scriptId
}

interface Counted {
  readonly functionName: string
  readonly ranges: readonly { readonly count: number }[]
}

const here = (a: number): number => a + 1

async function importFile(name: string, source: string): Promise<Record<string, (...args: never[]) => unknown>> {
  const file = join(folder, name)
  writeFileSync(file, source)
  return (await import(pathToFileURL(file).href)) as Record<string, (...args: never[]) => unknown>
}

describe('the script of a function', () => {
  it('is found without the Debugger while the module is running', () => {
    const before = debuggerCycles()
    assert.deepEqual(scriptOf(look(here)), { scriptId: scriptIdOf(here), url: import.meta.url, isModule: true })
    assert.equal(debuggerCycles(), before)
  })

  it('is found without the Debugger when nothing of it is running, and then remembered', async () => {
    const { idle } = await importFile('idle.mjs', 'export const idle = () => 1\n')
    assert.ok(idle)
    const before = debuggerCycles()
    const record = scriptOf(look(idle))
    assert.deepEqual(record, {
      scriptId: scriptIdOf(idle),
      url: pathToFileURL(join(folder, 'idle.mjs')).href,
      isModule: true,
    })
    assert.equal(scriptOf(look(idle)), record)
    assert.equal(debuggerCycles(), before)
  })

  it('is found without spoiling the coverage that somebody collects', () => {
    const script = join(folder, 'covered.mjs')
    const resolve = (name: string): string => JSON.stringify(import.meta.resolve(`#dist/capture/${name}.js`))
    writeFileSync(
      script,
      `import { look } from ${resolve('inspector')}
      import { scriptOf } from ${resolve('scripts')}
      const { idle } = await import('./idle.mjs')
      function counted() {}
      for (let i = 0; i < 10; i++) counted()
      scriptOf(look(idle))
      for (let i = 0; i < 10; i++) counted()`,
    )
    const out = join(folder, 'coverage')
    execFileSync(process.execPath, [script], { env: { ...process.env, NODE_V8_COVERAGE: out } })
    const report = readFileSync(join(out, readdirSync(out)[0] as string), 'utf8')
    const { result } = JSON.parse(report) as { result: { url: string; functions: Counted[] }[] }
    const counted = result
      .find(({ url }) => url.endsWith('covered.mjs'))
      ?.functions.find(({ functionName }) => functionName === 'counted')
    assert.equal(counted?.ranges[0]?.count, 20)
  })

  it('tells CommonJS from modules, and eval has no URL', async () => {
    const { classic } = await importFile('classic.cjs', 'exports.classic = () => 1\n')
    assert.ok(classic)
    assert.equal(scriptOf(look(classic))?.isModule, false)
    assert.equal(scriptOf(look(compileFunction('return 1')))?.url, '')
  })

  it('is none for native functions, and of Node for its own', () => {
    assert.equal(scriptOf(look(Math.max)), undefined)
    assert.equal(scriptOf(look(readFileSync))?.url, 'node:fs')
  })

  it('is among all scripts, by URL without query', async () => {
    await import(`${pathToFileURL(join(folder, 'idle.mjs')).href}?again`)
    const all = scriptsByUrl()
    assert.equal(all.get(import.meta.url)?.scriptId, scriptIdOf(here))
    assert.ok(all.has(pathToFileURL(join(folder, 'idle.mjs')).href))
  })
})

describe('the source of a script', () => {
  it('is read from disk when the function stands there, also after odd line ends', async () => {
    const source =
      "'a\u2028b' // \u2029\r\nexport function proven(argument) {\r\n  return argument + 1 // long enough\r\n}\n"
    const { proven } = await importFile('proven.mjs', source)
    assert.ok(proven)
    scriptOf(look(proven))
    const before = debuggerCycles()
    assert.equal(scriptSource(scriptIdOf(proven), proofOf(proven)), source)
    assert.equal(debuggerCycles(), before)
  })

  it('comes from V8 when the file says something else', async () => {
    const source = 'export const transformed = (argument) => argument + 1000\n'
    const { transformed } = await importFile('transformed.mjs', source)
    assert.ok(transformed)
    writeFileSync(join(folder, 'transformed.mjs'), `// another line\n${source}`)
    scriptOf(look(transformed))
    const before = debuggerCycles()
    assert.equal(scriptSource(scriptIdOf(transformed), proofOf(transformed)), source)
    assert.equal(debuggerCycles(), before + 1)
    assert.equal(scriptSource(scriptIdOf(transformed)), source)
    assert.equal(debuggerCycles(), before + 1)
  })

  it('is undefined for a script that does not exist', () => assert.equal(scriptSource('123456789'), undefined))

  it('is the one of eval and vm scripts too', () => {
    const fn = new Script('1;\n(function named() { return 42 })', {
      filename: 'virtual.js',
    }).runInThisContext() as () => number
    assert.match(scriptSource(scriptIdOf(fn)) ?? '', /named/)
  })
})

describe('the source map URL of a script', () => {
  it('is the last comment of that kind', () => {
    assert.equal(sourceMapComment('a\n//# sourceMappingURL=first.map\nb\n//# sourceMappingURL=last.map\n'), 'last.map')
    assert.equal(sourceMapComment('a //@ sourceMappingURL=old.map'), 'old.map')
    assert.equal(sourceMapComment('a'), undefined)
  })

  it('is known with and without the source at hand', async () => {
    const text = '(argument) => argument + 1 + 2 + 3'
    const { mapped } = await importFile(
      'mapped.mjs',
      `export const mapped = ${text}\n//# sourceMappingURL=mapped.mjs.map\n`,
    )
    assert.ok(mapped)
    scriptOf(look(mapped))
    assert.equal(sourceMapUrlOf(scriptIdOf(mapped)), 'mapped.mjs.map')
    scriptSource(scriptIdOf(mapped), proofOf(mapped))
    assert.equal(sourceMapUrlOf(scriptIdOf(mapped)), 'mapped.mjs.map')
    const { plain } = await importFile('plain.mjs', 'export const plain = () => 1\n')
    assert.ok(plain)
    assert.equal(sourceMapUrlOf(scriptIdOf(plain)), undefined)
  })

  it('names this very file, which the compiler maps', () => {
    assert.match(fileURLToPath(import.meta.url), /\.js$/)
    assert.equal(sourceMapUrlOf(scriptIdOf(here)), 'scripts.test.js.map')
  })
})
