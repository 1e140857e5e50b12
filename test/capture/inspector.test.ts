import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { describe, it } from 'node:test'
import { Worker } from 'node:worker_threads'
import { runInNewContext } from 'node:vm'
import { disconnectInspector, evaluateInMain, inspectorAbsence, type Look, look } from '#dist/capture/inspector.js'

const moduleConstant = { name: 'of the module' }

/** Value of a variable in the innermost scope that has it. */
function captured(view: Look, name: string): unknown {
  return view.scopes?.find((scope) => scope.description !== 'Global' && Object.hasOwn(scope.object, name))?.object[name]
}

describe('looking into a function', () => {
  it('gives the very values that it closes over', () => {
    const local = { name: 'of the function' }
    const view = look(() => [local, moduleConstant])
    assert.equal(captured(view, 'local'), local)
    assert.equal(captured(view, 'moduleConstant'), moduleConstant)
    assert.ok(view.scopes?.some((scope) => scope.description === 'Module'))
  })

  it('gives primitives of every kind exactly', () => {
    const values = {
      text: 'x',
      minusZero: -0,
      nothing: NaN,
      much: Infinity,
      big: -12n,
      no: null,
      none: undefined,
      symbol: Symbol.iterator,
    }
    const make =
      ({ text, minusZero, nothing, much, big, no, none, symbol }: typeof values) =>
      () => [text, minusZero, nothing, much, big, no, none, symbol]
    const view = look(make(values))
    for (const [name, value] of Object.entries(values)) assert.ok(Object.is(captured(view, name), value), name)
  })

  it('shows imported bindings', () => {
    assert.equal(
      captured(
        look(() => assert),
        'assert',
      ),
      assert,
    )
  })

  it('finds where functions, methods, arrows and classes start', () => {
    class Thing {
      method(): void {}
    }
    const place = (value: object): unknown => look(value).location?.lineNumber
    assert.equal(typeof place(Thing), 'number')
    assert.equal(place(Thing.prototype.method), Number(place(Thing)) + 1)
    assert.equal(look(Math.max).location, undefined)
    assert.equal(look({}).location, undefined)
  })

  it('takes bound functions apart', () => {
    const self = { x: 1 }
    function target(this: typeof self, ...rest: unknown[]): unknown[] {
      return [this.x, ...rest]
    }
    const { bound, scopes } = look(target.bind(self, 1, 'two', moduleConstant))
    assert.equal(bound?.target, target)
    assert.equal(bound?.self, self)
    assert.deepEqual(bound?.args, [1, 'two', moduleConstant])
    assert.equal(scopes, undefined)
    assert.deepEqual(look(target.bind(self)).bound?.args, [])
  })

  it('shows private fields of instances and classes, and tells accessors', () => {
    class Safe {
      static #made = 3
      #content = moduleConstant
      get #size(): number {
        return 1
      }
      use(): unknown {
        return [Safe.#made, this.#content, this.#size]
      }
    }
    const privates = look(new Safe()).privates
    assert.deepEqual(
      privates?.find(({ name }) => name === '#content'),
      { name: '#content', value: moduleConstant, accessor: false },
    )
    assert.equal(privates?.find(({ name }) => name === '#size')?.accessor, true)
    assert.equal(look(Safe).privates?.find(({ name }) => name === '#made')?.value, 3)
    assert.equal(look({}).privates, undefined)
  })

  it('lists weak collections', () => {
    const key = {}
    assert.deepEqual(look(new WeakMap([[key, 1]])).entries, [[key, 1]])
    const members = look(new WeakSet([key])).entries
    assert.equal(members?.[0]?.[1], key)
  })

  it('sees current values each time', () => {
    let count = 0
    const read = (): number => count
    count = 1
    assert.equal(captured(look(read), 'count'), 1)
    count++
    assert.equal(captured(look(read), 'count'), 2)
  })

  it('runs no getter of the value', () => {
    let ran = 0
    const trapped = Object.defineProperty(() => trapped, 'x', {
      get: () => ran++,
      enumerable: true,
      configurable: true,
    })
    look(trapped)
    assert.equal(ran, 0)
  })

  it('works for functions of another vm context', () => {
    const [fn, inner] = runInNewContext('(() => { const inner = { a: 1 }; return [() => inner, inner] })()') as [
      () => object,
      object,
    ]
    assert.equal(captured(look(fn), 'inner'), inner)
  })

  it('works in a worker thread', async () => {
    const code = `import(${JSON.stringify(import.meta.resolve('#dist/capture/inspector.js'))}).then(({ look }) => {
      const inner = { a: 1 }
      const scope = look(() => inner).scopes.find((scope) => scope.object.inner === inner)
      require('node:worker_threads').parentPort.postMessage(scope !== undefined)
    })`
    const worker = new Worker(code, { eval: true })
    const found = await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
    await worker.terminate()
    assert.equal(found, true)
  })

  it('opens the session again after it was closed', () => {
    disconnectInspector()
    const local = {}
    assert.equal(
      captured(
        look(() => local),
        'local',
      ),
      local,
    )
  })

  it('leaves no trace on the builtin module or the global', () => {
    const names = (value: object): string[] =>
      Reflect.ownKeys(value)
        .map(String)
        .filter((name) => name.startsWith('manycore'))
    assert.deepEqual(names(process.getBuiltinModule('node:inspector')), [])
    assert.deepEqual(names(globalThis), [])
  })

  it('keeps nothing alive', () => {
    const code = `import(${JSON.stringify(import.meta.resolve('#dist/capture/inspector.js'))}).then(async ({ evaluateInMain, look }) => {
      const refs = []
      const keep = (value) => (refs.push(new WeakRef(value)), value)
      ;(() => {
        const captured = keep({})
        look(keep(() => captured))
        look(keep(new WeakMap([[captured, captured]])))
        globalThis.seen = keep({})
        evaluateInMain('globalThis.seen')
        delete globalThis.seen
      })()
      for (let i = 0; i < 5; i++) { await new Promise(setImmediate); gc() }
      console.log(refs.filter((ref) => ref.deref() !== undefined).length)
    })`
    const out = execFileSync(process.execPath, ['--expose-gc', '-e', code], { encoding: 'utf8' })
    assert.equal(out.trim(), '0')
  })

  it('reaches the main context', () => {
    assert.equal(evaluateInMain('process'), process)
    assert.equal(evaluateInMain('1 + 1'), 2)
  })
})

describe('a process without an inspector', () => {
  it('has one here', () => assert.equal(inspectorAbsence(), undefined))

  const ask = (...flags: string[]): unknown => {
    const code = `import(${JSON.stringify(import.meta.resolve('#dist/capture/inspector.js'))}).then(({ inspectorAbsence, look }) => {
      let thrown
      try { look(() => 1) } catch (error) { thrown = error.name }
      console.log(JSON.stringify([inspectorAbsence()?.reason, thrown]))
    })`
    return JSON.parse(execFileSync(process.execPath, [...flags, '--no-warnings', '-e', code], { encoding: 'utf8' }))
  }

  it('says that permission is missing, each time alike', () => {
    const flag = process.allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission'
    assert.deepEqual(ask(flag, '--allow-fs-read=*'), ['permission', 'InspectorAbsentError'])
  })

  it('is told to who sends a function, with what would help', () => {
    const flag = process.allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission'
    const code = `import(${JSON.stringify(import.meta.resolve('#dist/capture/capture.js'))}).then(({ captureGraph }) => {
      const factor = 3
      const triple = (n) => n * factor
      try { captureGraph(triple) } catch (error) { console.log(error.code, error.message) }
    })`
    const flags = [flag, '--allow-fs-read=*', '--no-warnings']
    const text = execFileSync(process.execPath, [...flags, '-e', code], { encoding: 'utf8' })
    assert.match(
      text,
      /^MC_FUNCTION_UNSENDABLE The function triple cannot be sent to another process: its variable `factor` cannot be seen here/,
    )
    assert.match(text, /--allow-inspector|without its permission model/)
  })

  it('says when the runtime is another one', () => {
    const result = execFileSync(
      process.execPath,
      [
        '-e',
        `Object.defineProperty(process, 'versions', { value: { ...process.versions, bun: '1.0' } });
        import(${JSON.stringify(import.meta.resolve('#dist/capture/inspector.js'))}).then((m) => console.log(m.inspectorAbsence().reason))`,
      ],
      { encoding: 'utf8' },
    )
    assert.equal(result.trim(), 'runtime')
  })

  it('is found only when the first function is looked into, not by importing', () => {
    const code = `import(${JSON.stringify(import.meta.resolve('#dist/capture/inspector.js'))}).then(() => {
      console.log(process.moduleLoadList.includes('NativeModule inspector'))
    })`
    assert.equal(execFileSync(process.execPath, ['-e', code], { encoding: 'utf8' }).trim(), 'false')
  })
})
