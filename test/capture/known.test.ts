import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import events from 'node:events'
import fs from 'node:fs'
import { builtinModules, createRequire } from 'node:module'
import path from 'node:path'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import {
  builtinPathOf,
  commonJsExportPath,
  commonJsFileOf,
  intrinsicPathOf,
  isCommonJsLoaded,
  startKnownLookups,
} from '#dist/capture/known.js'
import { builtinAt, intrinsicAt } from '#dist/capture/known-get.js'
import { standardGlobals } from '#dist/capture/standard-globals.js'

const require = createRequire(import.meta.url)

describe('intrinsic values', () => {
  const samples: readonly object[] = [
    Math,
    JSON,
    Reflect,
    globalThis,
    process,
    process.env,
    console,
    Object.prototype,
    Array.prototype,
    Map,
    Promise.prototype,
    Math.max,
    Array.prototype.map,
    Object.prototype.hasOwnProperty,
    Symbol.prototype,
    Array.prototype[Symbol.iterator],
    Uint8Array.prototype.subarray,
    Buffer.from,
    URL,
    setTimeout,
    structuredClone,
    Error,
    TypeError.prototype,
    (async () => {}).constructor,
    Object.getPrototypeOf(Uint8Array) as object,
    function* () {}.constructor,
    Object.getPrototypeOf([][Symbol.iterator]()) as object,
    Object.getPrototypeOf(new Map().entries()) as object,
    Object.getOwnPropertyDescriptor(Map.prototype, 'size')?.get as object,
    Object.getOwnPropertyDescriptor(RegExp, Symbol.species)?.get as object,
    Intl.DateTimeFormat,
    Atomics.add,
    fetch,
    TextDecoder.prototype,
  ]
  it('are found by a path that leads back to them', () => {
    for (const value of samples) {
      const found = intrinsicPathOf(value)
      assert.ok(found, inspect(value))
      assert.equal(intrinsicAt(found), value, found.join('.'))
    }
  })

  it('do not include what the user made', () => {
    class Mine {}
    const sample: readonly object[] = [
      {},
      [],
      () => 1,
      Mine,
      Mine.prototype,
      new Map(),
      new Mine(),
      Object.create(null),
      { [Symbol.toStringTag]: 'Mine' },
      { constructor: Object },
    ]
    for (const value of sample) assert.equal(intrinsicPathOf(value), undefined)
  })

  it('are told from plain objects before the index is made', () => {
    const code = `Promise.all([import(${url('known')}), import(${url('known-get')})]).then(([{ intrinsicPathOf }, { intrinsicAt }]) => {
      class Mine {}
      const known = [Math, process.env, Array.prototype, Object.getPrototypeOf([][Symbol.iterator]())]
      console.log(known.every((value) => { const path = intrinsicPathOf(value); return path && intrinsicAt(path) === value }), intrinsicPathOf({}), intrinsicPathOf(Mine.prototype), intrinsicPathOf([]))
    })`
    assert.equal(run(code), 'true undefined undefined undefined')
  })

  it('are found without loading the lazy ones', () => {
    const code = `import(${url('known')}).then(({ intrinsicPathOf }) => {
      intrinsicPathOf(() => 1)
      console.log(process.moduleLoadList.some((name) => /undici/.test(name)), intrinsicPathOf(fetch))
    })`
    assert.equal(run(code), "false [ 'fetch' ]")
  })

  it('that this Node lacks are refused by name', () => {
    assert.throws(() => intrinsicAt(['Math', 'ofTheFuture']), /has no Math\.ofTheFuture/)
    assert.throws(() => intrinsicAt(['%NoSuch']), /has no %NoSuch/)
    assert.throws(() => intrinsicAt([]), TypeError)
  })

  it('are looked up without eval', () => {
    const code = `import(${url('known-get')}).then(({ intrinsicAt }) => console.log(intrinsicAt(['%AsyncFunction']).name))`
    assert.equal(run(code, '--disallow-code-generation-from-strings'), 'AsyncFunction')
  })
})

describe('builtin modules', () => {
  it('and their parts are found by a path that leads back to them', () => {
    startKnownLookups()
    for (const value of [
      fs,
      fs.readFile,
      fs.promises,
      fs.promises.readFile,
      path,
      path.posix,
      path.basename,
      events,
      events.prototype,
      events.prototype.on,
    ]) {
      const found = builtinPathOf(value)
      assert.ok(found, inspect(value))
      assert.equal(builtinAt(found.moduleName, found.path), value, `${found.moduleName} ${found.path.join('.')}`)
    }
    assert.equal(builtinPathOf({}), undefined)
  })

  it('loaded later are found by the next capture', () => {
    startKnownLookups()
    assert.equal(builtinPathOf({}), undefined)
    const dns = process.getBuiltinModule('node:dns')
    startKnownLookups()
    assert.deepEqual(builtinPathOf(dns.lookup), { moduleName: 'dns', path: ['lookup'] })
  })

  it('that this Node lacks are named', () => {
    assert.throws(() => builtinAt('no-such-module', []), /no builtin module 'no-such-module'/)
  })
})

describe('loaded CommonJS modules', () => {
  it('are found by their exports', () => {
    const file = require.resolve('acorn')
    const exports = require('acorn') as { parse: object }
    startKnownLookups()
    assert.equal(commonJsFileOf(exports), file)
    assert.deepEqual(commonJsExportPath(file, exports), [])
    assert.deepEqual(commonJsExportPath(file, exports.parse), ['parse'])
    assert.deepEqual(commonJsExportPath(file, exports.parse, 'parse'), ['parse'])
    assert.equal(
      commonJsExportPath(file, () => 1, 'parse'),
      undefined,
    )
    assert.equal(commonJsExportPath('/no/such/file.cjs', exports), undefined)
    assert.equal(isCommonJsLoaded(file), true)
    assert.equal(isCommonJsLoaded('/no/such/file.cjs'), false)
  })

  it('loaded later are found by the next capture', () => {
    startKnownLookups()
    assert.equal(commonJsFileOf({}), undefined)
    const exports = require('semver/functions/valid') as object
    assert.equal(commonJsFileOf(exports), undefined)
    startKnownLookups()
    assert.equal(commonJsFileOf(exports), require.resolve('semver/functions/valid'))
  })
})

describe('standard globals', () => {
  it('have those of the language and of Node, and none of the user', () => {
    Object.defineProperty(globalThis, 'mine', { value: 1, configurable: true })
    for (const name of ['Array', 'Math', 'globalThis', 'process', 'fetch', 'setTimeout', 'Buffer'])
      assert.ok(standardGlobals().has(name), name)
    for (const name of ['mine', 'require', 'module', '__filename']) assert.ok(!standardGlobals().has(name), name)
    Reflect.deleteProperty(globalThis, 'mine')
  })

  it('have everything that a bare Node defines', () => {
    const names = JSON.parse(run('console.log(JSON.stringify(Object.getOwnPropertyNames(globalThis)))')) as string[]
    // `node -e` adds these.
    const ofScripts = new Set(['require', 'module', 'exports', '__filename', '__dirname', ...builtinModules])
    assert.deepEqual(
      names.filter((name) => !standardGlobals().has(name) && !ofScripts.has(name) && !name.startsWith('node:')),
      [],
    )
  })
})

function url(name: string): string {
  return JSON.stringify(import.meta.resolve(`#dist/capture/${name}.js`))
}

function run(code: string, ...flags: string[]): string {
  return execFileSync(process.execPath, [...flags, '--no-warnings', '-e', code], { encoding: 'utf8' }).trim()
}
