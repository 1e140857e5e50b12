import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { execute } from './capture/support/execute.ts'
import { runners } from './capture/support/runners.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const installed = join(root, '.cache/runners/node_modules')
const skip = runners.absence() ?? false

// With a captured variable, an arrow that uses `this`, an error of the user's own, and what manycore exports.
const BODY = `
  class OwnError extends Error {}
  class Scaler {
    factor = 3
    scale(n) {
      return n * this.factor
    }
    run(pool) {
      return pool.map((n) => this.scale(n), [1, 2, 3])
    }
  }
  const pool = new Pool({ processes: 2 })
  try {
    const thrown = await pool.apply(() => Promise.reject(new OwnError('no'))).catch((error) => error)
    const name = await pool.apply(() => currentProcess().name)
    expect([await new Scaler().run(pool), thrown instanceof OwnError, /^PoolWorker-/.test(name)]).toEqual([[3, 6, 9], true, true])
  } finally {
    await pool.terminate()
  }`

describe('a pool in a test of another runner', () => {
  it('works in Jest, as CommonJS without any setting', { skip }, async () => {
    using project = makeProject('commonjs')
    project.write(`const { Pool, currentProcess } = require('manycore')\ntest('maps', async () => {${BODY}\n})\n`)
    const config = JSON.stringify({
      rootDir: project.folder,
      watchman: false,
      testEnvironment: 'node',
      testTimeout: 100_000,
      transform: {},
    })
    const jest = [join(installed, 'jest/bin/jest.js'), '--config', config, '--runInBand', '--no-cache']
    await execute(process.execPath, jest, { cwd: project.folder })
  })

  it('works in Vitest', { skip }, async () => {
    using project = makeProject('module')
    project.write(
      `import { Pool, currentProcess } from 'manycore'\nimport { expect, it } from 'vitest'\nit('maps', async () => {${BODY}\n})\n`,
    )
    const vitest = [
      join(installed, 'vitest/vitest.mjs'),
      'run',
      '--root',
      project.folder,
      '--no-color',
      '--testTimeout=100000',
    ]
    const printed = await execute(process.execPath, vitest, { cwd: project.folder })
    assert.match(printed, /1 passed/)
  })
})

interface Project extends Disposable {
  readonly folder: string
  write(text: string): void
}

function makeProject(type: string): Project {
  const folder = mkdtempSync(join(tmpdir(), 'manycore-runner-'))
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(root, join(folder, 'node_modules/manycore'))
  symlinkSync(join(installed, 'vitest'), join(folder, 'node_modules/vitest'))
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type }))
  return {
    folder,
    write: (text) => writeFileSync(join(folder, 'pool.test.js'), text),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}
