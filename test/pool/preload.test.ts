import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import { Pool, Process, currentWorker, type PoolOptions } from 'manycore'
import { runProgram } from '../support/run-program.ts'

const heavy = new URL('../fixtures/pool/heavy.js', import.meta.url)
const missing = new URL('./not-there.js', import.meta.url)
const folder = mkdtempSync(join(tmpdir(), 'manycore-preload-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const isLoaded = (): boolean => (globalThis as { heavyIsLoaded?: boolean }).heavyIsLoaded === true

for (const backend of ['process', 'thread'] as const) {
  describe(`modules loaded in advance, backend '${backend}'`, () => {
    it('#053 are there when the first task runs in any worker, and before the initializer', async () => {
      const initializer = (word: string) => [word, isLoaded()]
      const options = { backend, processes: 2, preload: [heavy], initializer, initializerArgs: ['ready'] }
      await using pool = new Pool(options)
      const look = async () => {
        await new Promise((resolve) => setTimeout(resolve, 10))
        const { state, index } = currentWorker<typeof initializer>()
        return { loaded: isLoaded(), state, index }
      }
      const seen = await pool.map(look, [1, 2, 3, 4], { chunkSize: 1 })
      for (const { loaded, state } of seen) assert.deepEqual([loaded, state], [true, ['ready', true]])
      assert.equal(isLoaded(), false)
    })

    it('#053 are not when they were not asked for, and leave no state where there is no initializer', async () => {
      await using without = new Pool({ backend, processes: 1 })
      assert.equal(await without.apply(isLoaded), false)
      await using pool = new Pool({ backend, processes: 1, preload: [heavy.href] })
      assert.deepEqual(await pool.apply(() => [isLoaded(), currentWorker().state]), [true, undefined])
    })

    it('#053 one that is missing fails the pool by name', async () => {
      await using pool = new Pool({ backend, processes: 1, preload: [heavy, missing] })
      await assert.rejects(pool.apply(isLoaded), { code: 'MC_WORKER_INITIALIZER', message: /not-there\.js/ })
    })

    it("#053 or is ignored with preloadErrors: 'ignore'", async () => {
      await using pool = new Pool({ backend, processes: 1, preload: [missing, heavy], preloadErrors: 'ignore' })
      assert.equal(await pool.apply(isLoaded), true)
    })

    it("#053 or is warned of on stderr, once per worker, with preloadErrors: 'warn'", async () => {
      const options: PoolOptions = { backend, processes: 1, preload: [missing.href], preloadErrors: 'warn' }
      const program = new Process({
        target: async (given: PoolOptions) => {
          await using pool = new Pool(given)
          return await pool.map((n: number) => n, [1, 2, 3])
        },
        args: [options],
        stdio: 'ignore',
      }).start()
      assert.deepEqual(await program.result, [1, 2, 3])
      const { stderrTail } = await program.exited
      assert.equal(stderrTail.match(/ManycoreWarning: Module .*not-there\.js could not be loaded/g)?.length, 1)
    })
  })
}

describe('what can be loaded in advance', () => {
  it('is a package as the main program finds it, also one that can only be imported', async () => {
    const home = join(folder, 'node_modules', 'only-here')
    mkdirSync(home, { recursive: true })
    writeFileSync(
      join(home, 'package.json'),
      JSON.stringify({ name: 'only-here', type: 'module', exports: { '.': { import: './index.js' } } }),
    )
    writeFileSync(join(home, 'index.js'), 'globalThis.onlyHere = true')
    const program = join(folder, 'program.mjs')
    writeFileSync(
      program,
      `import { Pool } from ${JSON.stringify(import.meta.resolve('manycore'))}
       await using_(new Pool({ processes: 1, preload: ['only-here'] }))
       async function using_(pool) {
         console.log(await pool.apply(() => globalThis.onlyHere))
         await pool.terminate()
       }`,
    )
    const { stdout, stderr } = await runProgram(program, [], { cwd: tmpdir() })
    assert.equal(stderr, '')
    assert.equal(stdout, 'true\n')
  })

  it('is an absolute path', async () => {
    const file = join(folder, 'with space #1.mjs')
    writeFileSync(file, 'globalThis.fromPath = true')
    await using pool = new Pool({ processes: 1, preload: [file] })
    assert.equal(await pool.apply(() => (globalThis as { fromPath?: boolean }).fromPath), true)
  })

  it('is neither a relative path, nor the main program, nor anything else', () => {
    const main = pathToFileURL(process.argv[1] as string)
    for (const preload of [['./heavy.js'], ['../heavy.js'], [''], [7], [main], 'heavy', {}]) {
      assert.throws(() => new Pool({ preload: preload as string[] }), {
        code: 'MC_ARGUMENT_INVALID',
        message: /preload/,
      })
    }
    assert.throws(() => new Pool({ preloadErrors: 'shout' as 'warn' }), { code: 'MC_ARGUMENT_INVALID' })
  })
})
