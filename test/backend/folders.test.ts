import { equal } from 'node:assert/strict'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { runProgram } from '../support/run-program.js'

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'manycore-folders-')))
after(() => rmSync(folder, { recursive: true, force: true }))
mkdirSync(join(folder, 'node_modules/preloads'), { recursive: true })
writeFileSync(join(folder, 'node_modules/preloads/index.js'), 'globalThis.preloaded = 1')
writeFileSync(join(folder, 'preloads.mjs'), 'globalThis.preloaded = 1')

const here = realpathSync(tmpdir())
const expected = `[[1,"/"],[1,"/"]]\n[1,"${here}"]\n[1,"/"]\n`

describe('what the flags of a program name relative to its folder', () => {
  for (const flags of [
    ['--import', './preloads.mjs'],
    ['--require', 'preloads'],
  ]) {
    it(`#028 (${flags.join(' ')}) is found by workers in other folders, and by theirs`, async () => {
      const { stdout, stderr } = await runProgram('process/moves-about', [], { execArgv: flags, cwd: folder })
      equal(stdout, expected, stderr)
    })

    it(`#028 (${flags.join(' ')} in NODE_OPTIONS) is found too`, async () => {
      const env = { NODE_OPTIONS: flags.join(' ') }
      const { stdout, stderr } = await runProgram('process/moves-about', [], { env, cwd: folder })
      equal(stdout, expected, stderr)
    })
  }
})

describe('an execPath and a cwd', () => {
  it('are found from the folder in which they were given, wherever program and workers go later', async () => {
    mkdirSync(join(folder, 'work'))
    symlinkSync(process.execPath, join(folder, 'own-node'))
    const { stdout, stderr } = await runProgram('process/relative-paths', [], { cwd: folder })
    equal(stdout, `${join(folder, 'work')}\n`.repeat(2) + '/\n', stderr)
  })
})

describe('a program whose folder was deleted', () => {
  it('can start processes elsewhere, and where it is', async () => {
    const gone = join(folder, 'gone')
    mkdirSync(gone)
    const { stdout, stderr } = await runProgram('process/folder-deleted', [], { cwd: gone })
    equal(stdout, '/\nran\n', stderr)
  })
})
