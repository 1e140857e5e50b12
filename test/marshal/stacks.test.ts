import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const source = join(root, 'test/fixtures/fails-in-a-worker.ts')
const folder = join(root, '.cache', `stacks-${process.pid}`)
const require = createRequire(import.meta.url)

/** Where the fixture throws, and where its arrow function calls what throws. */
const text = readFileSync(source, 'utf8').split('\n')
const written = ['new RangeError', 'charge(order)'].map((what) => {
  const line = text.findIndex((one) => one.includes(what))
  return `fails-in-a-worker.ts:${line + 1}:${(text[line]?.indexOf(what) ?? 0) + 1}`
})

describe("the stack of a worker's error shows the user's file, line and column", () => {
  before(() => mkdirSync(folder, { recursive: true }))
  after(() => rmSync(folder, { recursive: true, force: true }))

  it('with tsx', async () => assert.deepEqual(await run(['--import', require.resolve('tsx'), source]), written))

  it('with types stripped by Node', async (test) => {
    if (!('typescript' in process.features && process.features.typescript))
      return test.skip('this Node strips no types')
    assert.deepEqual(await run([source]), written)
  })

  for (const maps of ['inlineSourceMap', 'sourceMap'] as const) {
    it(`compiled by tsc with ${maps}`, async () => assert.deepEqual(await run([await compile(maps)]), written))
  }

  it('in plain JavaScript', async () => {
    const file = await compile(undefined)
    const lines = readFileSync(file, 'utf8').split('\n')
    const places = ['new RangeError', 'charge(order)'].map((what) => {
      const line = lines.findIndex((one) => one.includes(what))
      return `fails-in-a-worker.js:${line + 1}:${(lines[line]?.indexOf(what) ?? 0) + 1}`
    })
    assert.deepEqual(await run([file]), places)
  })
})

async function compile(maps: 'inlineSourceMap' | 'sourceMap' | undefined): Promise<string> {
  const place = join(folder, maps ?? 'none')
  mkdirSync(place, { recursive: true })
  cpSync(source, join(place, 'fails-in-a-worker.ts'))
  const compilerOptions = { outDir: place, rootDir: place, sourceMap: false, ...(maps && { [maps]: true }) }
  const config = { extends: join(root, 'tsconfig.base.json'), compilerOptions, files: ['fails-in-a-worker.ts'] }
  writeFileSync(join(place, 'tsconfig.json'), JSON.stringify(config))
  await promisify(execFile)(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', place])
  return join(place, 'fails-in-a-worker.js')
}

async function run(args: readonly string[]): Promise<string[]> {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const { stdout } = await promisify(execFile)(process.execPath, [...args], { cwd: root, env })
  return stdout.trim().split(' ')
}
