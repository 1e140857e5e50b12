import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Process } from 'manycore'
import { onEachProcessBackend } from '../support/on-backends.js'
import { startsAtImport } from '../fixtures/process/starts-at-import.ts'
import { runProgram } from '../support/run-program.ts'

describe('what a process inherits and may do', () => {
  it('#028 flags of the parent are passed on', async () => {
    const { stdout, stderr, code } = await runProgram('process/shows-flags', [], {
      execArgv: ['--conditions=special', '--no-warnings', '--stack-trace-limit=7'],
    })
    assert.equal(stderr, '')
    assert.deepEqual(JSON.parse(stdout), {
      parent: ['--conditions=special', '--no-warnings', '--stack-trace-limit=7'],
      child: ['--conditions=special', '--no-warnings', '--stack-trace-limit=7'],
      limit: 7,
    })
    assert.equal(code, 0)
  })

  it('#029 a main program without a guard is not run again in its children', async () => {
    const { stdout, stderr, code } = await runProgram('process/names')
    assert.equal(stdout.trim().split('\n').length, 1)
    assert.equal(stderr, '')
    assert.equal(code, 0)
  })
})

onEachProcessBackend('what a process may do', ({ backend }) => {
  it('#029 a module that starts a process when it is imported fails in a child with a clear error', async () => {
    assert.equal(await startsAtImport.started.result, 'from the import')
    await startsAtImport.started.join()
    const { starter } = startsAtImport
    const child = new Process({ backend, target: starter, stdio: 'ignore' }).start()
    await assert.rejects(child.result, { message: /importing|workers of its own/ })
    await child.join()
    assert.equal(child.exitCode, 1)
  })

  it('nests to ten levels and refuses the eleventh by name', async () => {
    const dig = async (level: number): Promise<number | string> => {
      try {
        return await new Process({ backend, target: dig, args: [level + 1] }).start().result
      } catch (error) {
        return `${level}: ${(error as { code?: string }).code}`
      }
    }
    assert.equal(await dig(0), '10: MC_WORKER_NESTED')
  })
})

describe('a program given with --eval', () => {
  it('can start processes', async () => {
    const { stdout, stderr } = await runProgram(fileURLToPath(new URL('../fixtures/process/eval.js', import.meta.url)))
    assert.equal(stderr, '')
    assert.equal(stdout, 'from eval 42\n')
  })
})
