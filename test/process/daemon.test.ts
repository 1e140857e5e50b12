import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Process } from 'manycore'
import { onEachProcessBackend } from '../support/on-backends.js'
import { allGone } from '../support/processes.ts'
import { runProgram, startProgram } from '../support/run-program.ts'

onEachProcessBackend('daemonic processes', ({ backend }) => {
  it('#041 daemon is false in the main process, and can be set before start() only', async () => {
    const child = new Process({ backend, target: () => {} })
    assert.equal(child.daemon, false)
    child.daemon = true
    assert.equal(child.daemon, true)
    assert.throws(() => (child.daemon = 'yes' as never), { code: 'MC_ARGUMENT_INVALID' })
    child.start()
    assert.throws(() => (child.daemon = false), { code: 'MC_PROCESS_STARTED' })
    await child.join()
    assert.equal(child.exitCode, 0)
  })

  it('#041 daemon defaults to that of the creator', async () => {
    const child = new Process({
      backend,
      target: () => new Process({ backend, target: () => {} }).daemon,
      daemon: true,
    }).start()
    const other = new Process({
      backend,
      target: () => new Process({ backend, target: () => {} }).daemon,
      daemon: false,
    }).start()
    await Promise.all([child.join(), other.join()])
    assert.equal(await child.result, true)
    assert.equal(await other.result, false)
  })

  it('may not start processes', async () => {
    const child = new Process({
      backend,
      target: () => {
        new Process({ backend, target: () => {} }).start()
      },
      daemon: true,
      stdio: 'ignore',
    }).start()
    await child.join()
    await assert.rejects(child.result, { code: 'MC_PROCESS_DAEMON', message: /daemonic/ })
  })
})

describe('the end of the main program', () => {
  it('#043 terminates daemonic children and waits for the others', async () => {
    const { stdout, stderr, code } = await runProgram('process/end-with-children')
    const lines = stdout.trim().split('\n')
    const pids = JSON.parse(lines[0] ?? '') as number[]
    assert.deepEqual(lines.slice(1), ['main is done', 'worker is done', 'daemon was asked to end'])
    assert.equal(stderr, '')
    assert.equal(code, 0)
    await allGone(pids)
  })

  for (const how of ['exits', 'throws'] as const) {
    it(`leaves nobody behind when it ${how} while children spin and sleep`, async () => {
      const program = startProgram('process/end-abruptly', [how])
      const [, list] = await program.seen(/running (\[.*\])/)
      const { code } = await program.ended
      assert.equal(code, how === 'exits' ? 3 : 1)
      await allGone(JSON.parse(list ?? '') as number[])
    })
  }

  it('#044 leaves nobody behind when it is killed while children spin and sleep', async () => {
    const program = startProgram('process/end-abruptly', ['stays'])
    const [, list] = await program.seen(/running (\[.*\])/)
    program.child.kill('SIGKILL')
    await allGone(JSON.parse(list ?? '') as number[])
    await program.ended
  })
})
