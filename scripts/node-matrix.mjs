// Runs the suite on other versions of Node, installed on demand into .cache/node-<version>.
//
//   npm run matrix                    all of them
//   npm run matrix -- 24 26           these
//   npm run matrix -- 24 pool/        these, and only the tests whose path contains `pool/`
//
// The table of what travels is run in every way of running TypeScript; npm run travels writes what came out into
// docs/what-travels.md. Vitest and Jest are installed into .cache/runners for it, Bun and Deno into .cache/runtimes.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { arch, platform } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const ALL = ['20', '22', '24', '26']

process.exitCode = main(process.argv.slice(2))

function main(args) {
  const asked = args.filter((arg) => /^\d+(\.\d+)*$/.test(arg))
  const filters = args.filter((arg) => !asked.includes(arg))
  const outcomes = []
  installInto('runners', ['vitest', 'jest'], 'vitest@4.1.12 jest@30 @swc/core@1 @swc/jest@0.2')
  installInto('runtimes', ['bun', 'deno'], 'bun@1.4.5 deno@2.9.6')
  for (const version of asked.length > 0 ? asked : ALL) {
    const binary = installNode(version)
    const exact = versionOf(binary)
    console.log(`\n=== the suite on Node ${exact} ===`)
    const command = ['--import=./scripts/limit-each-test.mjs', 'scripts/run-tests.mjs', ...filters]
    const { status, signal } = spawnSync(binary, command, {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, MANYCORE_WAYS: 'all', PATH: `${dirname(binary)}${delimiter}${process.env['PATH']}` },
    })
    outcomes.push({ exact, ok: status === 0, how: signal ?? `exit code ${status}` })
  }
  console.log()
  for (const { exact, ok, how } of outcomes) console.log(`Node ${exact}: ${ok ? 'passed' : `FAILED (${how})`}`)
  return outcomes.every(({ ok }) => ok) ? 0 : 1
}

function installNode(version) {
  const folder = join(root, '.cache', `node-${version}`)
  const installed = findBinary(folder)
  if (installed !== undefined) return installed
  // The package `node` fetches its binary in an install script, which npm may be told not to run; the package that
  // holds the binary itself is the second way.
  const system = platform() === 'win32' ? 'win' : platform()
  for (const name of ['node', `node-${system}-${arch()}`]) {
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
    console.log(`installing ${name}@${version} into .cache/node-${version}`)
    // Through a shell, because npm is a .cmd file on Windows.
    spawnSync(`npm install --no-audit --no-fund --no-save --loglevel=error ${name}@${version}`, {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
      shell: true,
    })
    const binary = findBinary(folder)
    if (binary !== undefined) return binary
  }
  throw new Error(`Node ${version} could not be installed from the npm registry: is it reachable?`)
}

/** Installs packages into a folder of the cache, unless they are there: names to look for, and what npm is to fetch. */
function installInto(name, present, packages) {
  const folder = join(root, '.cache', name)
  if (present.every((one) => existsSync(join(folder, 'node_modules', one)))) return
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
  console.log(`installing ${present.join(' and ')} into .cache/${name}`)
  spawnSync(`npm install --no-audit --no-fund --no-save --loglevel=error ${packages}`, {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: true,
  })
}

function findBinary(folder) {
  const system = platform() === 'win32' ? 'win' : platform()
  const file = platform() === 'win32' ? 'node.exe' : 'node'
  for (const name of ['node', `node-${system}-${arch()}`]) {
    const binary = join(folder, 'node_modules', name, 'bin', file)
    if (existsSync(binary) && versionOf(binary) !== undefined) return binary
  }
  return undefined
}

function versionOf(binary) {
  try {
    return execFileSync(binary, ['--version'], { encoding: 'utf8' }).trim().slice(1)
  } catch {
    return undefined
  }
}
