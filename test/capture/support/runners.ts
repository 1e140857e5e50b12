import { build } from 'esbuild'
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { execute } from './execute.ts'

/** The table inside of tests of other runners, which `npm run matrix` installs into .cache/runners. */
export const runners: {
  absence(): string | undefined
  vitest(without: string): Promise<string>
  jest(without: string): Promise<string>
} = {
  absence: () =>
    existsSync(join(installed, 'vitest')) && existsSync(join(installed, 'jest'))
      ? undefined
      : 'Vitest and Jest are not in .cache/runners; npm run matrix puts them there',

  async vitest(without) {
    const folder = projectFolder('vitest', { type: 'module' })
    writeFileSync(
      join(folder, 'table.test.ts'),
      `import { it } from 'vitest'\nimport { main } from ${JSON.stringify(join(sources, 'run.ts'))}\nit('passes', { timeout: 240000 }, main)\n`,
    )
    const args = [join(installed, 'vitest/vitest.mjs'), 'run', '--root', folder, '--reporter=verbose', '--no-color']
    return execute(process.execPath, args, { cwd: folder, env: environment(without) })
  },

  async jest(without) {
    const folder = projectFolder('jest', { type: 'commonjs' })
    writeFileSync(
      join(folder, 'table.test.ts'),
      `${INTO_REALM}\nconst { main } = require(${JSON.stringify(join(sources, 'run.ts'))})\ntest('passes', main, 240000)\n`,
    )
    await bundleRoundTrip(join(folder, 'round-trip.cjs'))
    const config = {
      rootDir: folder,
      roots: [folder],
      testEnvironment: 'node',
      watchman: false,
      transform: {
        '\\.[jt]s$': [join(installed, '@swc/jest'), { module: { type: 'commonjs' }, jsc: { target: 'es2022' } }],
      },
      transformIgnorePatterns: ['/node_modules/'],
      moduleNameMapper: { '^node:assert/strict$': join(root, '.build/test/fixtures/assert-across-realms.js') },
    }
    const args = [join(installed, 'jest/bin/jest.js'), '--config', JSON.stringify(config), '--runInBand', '--no-cache']
    return execute(process.execPath, args, { cwd: folder, env: environment(without) })
  },
}

// The realm of Jest's tests gets manycore as its users have it there, by `require()`. What cases capture of all this is
// nothing: elsewhere it is a module, which is imported.
const INTO_REALM = `
globalThis.openRoundTrip = () => {
  globalThis.roundTrip = require('./round-trip.cjs').openRoundTrip()
  return {
    call: (...args) => globalThis.roundTrip.call(...args),
    capture: (value) => globalThis.roundTrip.capture(value),
    mapped: (stack) => globalThis.roundTrip.mapped(stack),
    close: () => globalThis.roundTrip.close(),
  }
}`

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const sources = join(root, 'test/capture/cases')
const roundTrip = join(root, '.build/test/capture/support/round-trip.js')
const installed = join(root, '.cache/runners/node_modules')

function projectFolder(name: string, manifest: object): string {
  const folder = join(root, '.cache/ways-of-running', process.version, name)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  const modules = join(folder, 'node_modules')
  if (!existsSync(modules)) symlinkSync(installed, modules)
  return folder
}

async function bundleRoundTrip(outfile: string): Promise<void> {
  const joined = (name: string): string => join(root, 'dist/joined', `${name}.cjs`)
  await build({
    entryPoints: [roundTrip],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    define: { 'import.meta.url': JSON.stringify(pathToFileURL(roundTrip).href) },
    plugins: [
      {
        name: 'joined',
        setup: (bundle) =>
          bundle.onResolve({ filter: /^#dist/ }, ({ path }) => ({
            path: joined(path === '#dist/capture/rebuild.js' ? 'rebuild' : 'machine'),
            external: true,
          })),
      },
    ],
  })
}

function environment(without: string): NodeJS.ProcessEnv {
  const PATH = `${dirname(process.execPath)}:${process.env['PATH']}`
  return { ROUND_TRIP: roundTrip, WITHOUT: without, TABLE_IS_A_TEST: '1', PATH }
}
