import { build } from 'esbuild'
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const sources = join(root, 'test/capture/cases')
const ways = join(root, '.cache/ways-of-running', process.version)
const roundTrip = join(root, '.build/test/capture/support/round-trip.js')
const require = createRequire(import.meta.url)

/** The table of what travels, in the ways in which TypeScript is run. Each is a process of its own, with its own child. */
describe('the same cases pass', { concurrency: 2 }, () => {
  it('as ES modules compiled by tsc', () => run([join(root, '.build/test/capture/cases/run.js')]))

  it('as CommonJS compiled by tsc', async () => {
    const folder = emptyFolder('tsc-cjs', { type: 'commonjs' })
    const config = {
      extends: join(root, 'tsconfig.base.json'),
      compilerOptions: {
        rootDir: sources,
        outDir: folder,
        module: 'commonjs',
        moduleResolution: 'bundler',
        target: 'es2022',
        esModuleInterop: true,
        verbatimModuleSyntax: false,
        types: ['node'],
        typeRoots: [join(root, 'node_modules/@types')],
      },
      include: [sources],
    }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
    await execute(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder])
    await run([join(folder, 'run.js')])
  })

  it('as ES modules by esbuild, file by file, with kept names', async () => {
    const folder = emptyFolder('esbuild-esm', { type: 'module' })
    const files = readdirSync(sources).map((file) => join(sources, file))
    await build({
      ...ESBUILD,
      entryPoints: files,
      outdir: folder,
      format: 'esm',
      keepNames: true,
      minifyWhitespace: true,
    })
    // esbuild keeps the specifiers of the sources unless it bundles.
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.js'))) {
      const path = join(folder, file)
      writeFileSync(path, readFileSync(path, 'utf8').replace(/(["']\.\/[a-z]+)\.ts(["'])/g, '$1.js$2'))
    }
    await run([join(folder, 'run.js')], 'files')
  })

  for (const format of ['esm', 'cjs'] as const) {
    const extension = format === 'esm' ? 'mjs' : 'cjs'
    for (const minify of [false, true]) {
      it(`as one ${format} bundle by esbuild${minify ? ', minified' : ''}`, async () => {
        const file = join(emptyFolder(`bundle-${format}${minify ? '-min' : ''}`, {}), `run.${extension}`)
        await build({ ...BUNDLE, entryPoints: [join(sources, 'run.ts')], outfile: file, format, minify })
        await run([file], minify ? 'files,modules,names' : 'files,modules')
      })
    }
  }

  it('with tsx, as ES modules', () => run(['--import', tsx(), join(sources, 'run.ts')]))

  it('with tsx, as CommonJS', async () => {
    const folder = emptyFolder('tsx-cjs', { type: 'commonjs' })
    cpSync(sources, folder, { recursive: true })
    await run(['--import', tsx(), join(folder, 'run.ts')])
  })

  for (const version of ['22', '24', '26']) {
    it(`natively with Node ${version}`, async (test) => {
      const binary = process.versions.node.startsWith(`${version}.`) ? process.execPath : nodeBinary(version, test)
      if (binary) await run([join(sources, 'run.ts')], '', binary)
    })
  }
})

describe('code that is no file', () => {
  const body = `
    const base = 40; const add = (x) => x + base
    const main = async (open) => {
      const peer = open()
      console.log(await peer.call((x) => add(x), 2))
      await peer.close()
    }`
  const asModule = `import { openRoundTrip } from ${JSON.stringify(roundTrip)};${body}\nmain(openRoundTrip)`
  const asScript = `${body}\nmain(require(${JSON.stringify(roundTrip)}).openRoundTrip)`

  it('travels from node -e', async () => assert.equal(await execute(process.execPath, ['-e', asScript]), '42\n'))
  it('travels from node -e as a module', async () =>
    assert.equal(await execute(process.execPath, ['--input-type=module', '-e', asModule]), '42\n'))
  it('travels from standard input', async () =>
    assert.equal(await execute(process.execPath, ['-'], {}, asScript), '42\n'))
})

const ESBUILD = { target: 'es2022', logLevel: 'error' } as const
const BUNDLE = { ...ESBUILD, bundle: true, platform: 'node', packages: 'external', sourcemap: 'inline' } as const

async function run(args: readonly string[], without = '', binary: string = process.execPath): Promise<void> {
  const text = await execute(binary, args, { ROUND_TRIP: roundTrip, WITHOUT: without })
  assert.match(text, /^(\d+) of \1 cases pass\n$/)
}

function execute(binary: string, args: readonly string[], env: NodeJS.ProcessEnv = {}, input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    // A test runner's own variables would make the child report to it.
    const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: __, ...inherited } = process.env
    const child = execFile(
      binary,
      args,
      { cwd: root, env: { ...inherited, ...env }, timeout: 120_000 },
      (error, stdout, stderr) => {
        if (error) reject(new Error(`${args.join(' ').slice(0, 200)} failed:\n${stdout}\n${stderr}`))
        else resolve(stdout)
      },
    )
    child.stdin?.end(input)
  })
}

function emptyFolder(name: string, manifest: object): string {
  const folder = join(ways, name)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  return folder
}

function tsx(): string {
  return require.resolve('tsx')
}

/** Where `npm run matrix` keeps the versions of Node, or the folder that `MANYCORE_NODES` names. */
function nodeBinary(version: string, test: TestContext): string | undefined {
  const folders = [join(root, '.cache'), process.env['MANYCORE_NODES'] ?? '']
  for (const folder of folders) {
    for (const place of ['node_modules/node/bin/node', 'bin/node']) {
      const binary = join(folder, `node-${version}`, place)
      if (folder && existsSync(binary)) return binary
    }
  }
  test.skip(`Node ${version} is not in .cache/node-${version}; npm run matrix -- ${version} puts it there`)
  return undefined
}
