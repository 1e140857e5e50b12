import { build, type BuildOptions } from 'esbuild'
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Needs as Lost } from '../cases/case.ts'
import { type Execution, execute } from './execute.ts'
import { runners } from './runners.ts'

/** One way in which people run TypeScript. */
export interface Way {
  readonly title: string
  /** Part of each `npm test`; the others only of `npm run matrix`. */
  readonly isShort?: true
  /** What it does not keep, of what cases need. */
  readonly without?: readonly Lost[]
  /** Why it cannot be had here. */
  readonly absent?: () => string | undefined
  /** Runs the table and gives what that wrote. */
  readonly run: (without: string) => Promise<string>
}

export const root: string = fileURLToPath(new URL('../../../../', import.meta.url))

export const roundTrip: string = join(root, '.build/test/capture/support/round-trip.js')

const sources = join(root, 'test/capture/cases')
const typed = join(root, 'test/fixtures/tsx-only/run.ts')
const compiled = join(root, '.build/test/capture/cases/run.js')
const folders = join(root, '.cache/ways-of-running', process.version)
const require = createRequire(import.meta.url)

const NO_NAMES = ['files', 'modules', 'names'] as const
const ONE_FILE = ['files', 'modules'] as const

/** The rows of the table in docs/what-travels.md. */
export const ways: readonly Way[] = [
  { title: 'tsc, ES modules', isShort: true, run: program(() => [compiled]) },
  { title: 'tsc, CommonJS', isShort: true, run: program(async () => [await compileByTsc('commonjs', 'es2022')]) },
  {
    title: 'tsc, ES modules for ES2015',
    without: ['syntax'],
    run: program(async () => [await compileByTsc('esnext', 'es2015')]),
  },
  {
    title: 'tsc, CommonJS for ES2015',
    without: ['syntax'],
    run: program(async () => [await compileByTsc('commonjs', 'es2015')]),
  },
  { title: 'tsx, ES modules', isShort: true, run: program(() => ['--import', tsx(), join(sources, 'run.ts')]) },
  { title: 'tsx, CommonJS', run: program(() => ['--import', tsx(), copyOfSources('tsx-cjs', 'commonjs')]) },
  {
    title: 'Node by itself, stripping types',
    isShort: true,
    absent: noTypeStripping,
    run: program(() => [join(sources, 'run.ts')]),
  },
  { title: 'esbuild, file by file, names kept', without: ['files'], run: program(async () => [await buildFiles()]) },
  { title: 'esbuild, one ES module', without: ONE_FILE, run: program(async () => [await bundle('esm', false)]) },
  {
    title: 'esbuild, one ES module, minified',
    isShort: true,
    without: NO_NAMES,
    run: program(async () => [await bundle('esm', true)]),
  },
  {
    title: 'esbuild, one CommonJS file',
    isShort: true,
    without: ONE_FILE,
    run: program(async () => [await bundle('cjs', false)]),
  },
  {
    title: 'esbuild, one CommonJS file, minified',
    without: NO_NAMES,
    run: program(async () => [await bundle('cjs', true)]),
  },
  { title: 'inside a Vitest test', without: ['import', 'modules'], absent: runners.absence, run: runners.vitest },
  {
    title: 'inside a Jest test, compiled by swc',
    without: ['import', 'files', 'modules', 'builtins'],
    absent: runners.absence,
    run: runners.jest,
  },
  { title: 'inside a `node:test` test', run: program(() => ['--test', '--test-reporter=tap', compiled]) },
  {
    title: 'from a worker thread',
    run: program(() => [join(root, '.build/test/fixtures/runs-in-a-thread.js'), compiled]),
  },
  { title: 'nested: from inside a worker', run: program(() => [compiled], { env: { NESTED: '1' } }) },
  {
    title: 'nested: from inside a worker, out of one file',
    without: [...ONE_FILE, 'origin'],
    run: program(async () => [await bundle('esm', false, 'nested')], { env: { NESTED: '1' } }),
  },
  { title: 'with `--inspect`', without: ['pause'], run: program(() => ['--inspect=0', compiled]) },
  {
    title: '`node -e`',
    without: NO_NAMES,
    run: program(async () => ['-e', readFileSync(await bundle('cjs', true, 'eval'), 'utf8')]),
  },
  {
    title: '`node --input-type=module -e`',
    without: NO_NAMES,
    run: program(async () => ['--input-type=module', '-e', readFileSync(await bundle('esm', true, 'eval'), 'utf8')]),
  },
  {
    title: 'standard input',
    without: ONE_FILE,
    run: program(() => ['-'], { input: () => bundle('cjs', false, 'input') }),
  },
  {
    title: 'the REPL',
    without: ONE_FILE,
    run: program(() => ['-i'], { env: { END_WHEN_DONE: '1' }, input: () => bundle('cjs', false, 'repl') }),
  },
  {
    title: 'syntax of TypeScript alone: tsx, ES modules',
    isShort: true,
    run: program(() => ['--import', tsx(), typed]),
  },
  {
    title: 'syntax of TypeScript alone: tsx, CommonJS',
    run: program(() => ['--import', tsx(), copyOf(typed, 'typed-cjs', 'commonjs')]),
  },
  {
    title: 'syntax of TypeScript alone: esbuild',
    run: program(async () => [await bundle('esm', false, 'typed', typed)]),
  },
]

interface Input {
  readonly env?: NodeJS.ProcessEnv
  readonly input?: () => Promise<string>
}

function program(args: () => readonly string[] | Promise<readonly string[]>, { env, input }: Input = {}): Way['run'] {
  return async (without) => {
    const execution: Execution = {
      cwd: root,
      env: { ...env, ROUND_TRIP: roundTrip, WITHOUT: without },
      input: input && readFileSync(await input(), 'utf8'),
      endsItself: env?.['END_WHEN_DONE'] !== undefined,
    }
    return execute(process.execPath, await args(), execution)
  }
}

async function compileByTsc(module: string, target: string): Promise<string> {
  const folder = emptyFolder(`tsc-${module}-${target}`, { type: module === 'commonjs' ? 'commonjs' : 'module' })
  const config = {
    extends: join(root, 'tsconfig.base.json'),
    compilerOptions: {
      rootDir: sources,
      outDir: folder,
      module,
      moduleResolution: 'bundler',
      target,
      esModuleInterop: true,
      verbatimModuleSyntax: false,
      types: ['node'],
      typeRoots: [join(root, 'node_modules/@types')],
      skipLibCheck: true,
    },
    include: [sources],
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const tsc = execute(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder], { cwd: root })
  // It complains of BigInt for ES2015, and writes nevertheless.
  await (target === 'es2015' ? tsc.catch(() => undefined) : tsc)
  return join(folder, 'run.js')
}

async function buildFiles(): Promise<string> {
  const folder = emptyFolder('esbuild-esm', { type: 'module' })
  const entryPoints = readdirSync(sources).map((file) => join(sources, file))
  await build({ ...ESBUILD, entryPoints, outdir: folder, format: 'esm', keepNames: true, minifyWhitespace: true })
  // esbuild keeps the specifiers of the sources unless it bundles.
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.js'))) {
    const path = join(folder, file)
    writeFileSync(path, readFileSync(path, 'utf8').replace(/(["']\.\/[a-z]+)\.ts(["'])/g, '$1.js$2'))
  }
  return join(folder, 'run.js')
}

const ESBUILD = { target: 'es2022', logLevel: 'error' } as const satisfies BuildOptions
const BUNDLE = { ...ESBUILD, bundle: true, platform: 'node', packages: 'external', sourcemap: 'inline' } as const

async function bundle(
  format: 'esm' | 'cjs',
  minify: boolean,
  why = '',
  entry = join(sources, 'run.ts'),
): Promise<string> {
  const name = ['bundle', format, minify ? 'min' : '', why].filter(Boolean).join('-')
  const outfile = join(emptyFolder(name, {}), format === 'esm' ? 'run.mjs' : 'run.cjs')
  // An argument of a command line has a limit, and a line that is typed has no source map.
  const sourcemap = /eval|repl|input/.test(why) ? false : BUNDLE.sourcemap
  // A line that begins with a dot is a command of the REPL.
  const minifyWhitespace = minify || why === 'repl'
  await build({ ...BUNDLE, sourcemap, entryPoints: [entry], outfile, format, minify, minifyWhitespace })
  return outfile
}

function copyOfSources(name: string, type: string): string {
  const folder = emptyFolder(name, { type })
  cpSync(sources, folder, { recursive: true })
  return join(folder, 'run.ts')
}

function copyOf(file: string, name: string, type: string): string {
  const copy = join(emptyFolder(name, { type }), 'run.ts')
  cpSync(file, copy)
  return copy
}

function emptyFolder(name: string, manifest: object): string {
  const folder = join(folders, name)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  return folder
}

function tsx(): string {
  return require.resolve('tsx')
}

function noTypeStripping(): string | undefined {
  return 'typescript' in process.features && process.features.typescript
    ? undefined
    : `Node ${process.versions.node} strips no types`
}
