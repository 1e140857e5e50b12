import assert from 'node:assert/strict'
import { Socket } from 'node:net'
import { describe, it } from 'node:test'
import { Process } from 'manycore'
import { runProgram } from '../support/run-program.js'

describe('when something is missing', () => {
  it('without descriptors start() fails, what was started ends well, and later it works again', async () => {
    const { stdout, stderr } = await runProgram('process/out-of-descriptors', [], { shell: 'ulimit -n 90' })
    assert.equal(stderr, '')
    assert.deepEqual(JSON.parse(stdout), { codes: ['MC_WORKER_START'], some: true, whole: true, again: 'works again' })
  })

  it('a result that cannot travel rejects with the path to it, and the process goes on to its own end', async () => {
    const child = new Process({ target: () => ({ deep: [new Socket()] }), stdio: 'ignore' }).start()
    await assert.rejects(child.result, { code: 'MC_VALUE_UNSENDABLE', message: /deep\[0\]/ })
    const { exitCode, stderrTail } = await child.exited
    assert.equal(exitCode, 0)
    assert.equal(stderrTail, '')
  })

  it('running out of heap memory is told as such', async () => {
    const child = new Process({
      target: () => {
        const kept: unknown[] = []
        for (;;) kept.push(Array.from({ length: 1e5 }, () => ({})))
      },
      execArgv: ['--max-old-space-size=30'],
      stdio: 'ignore',
    }).start()
    await assert.rejects(child.result, { code: 'MC_WORKER_CRASHED', message: /heap/ })
    const { exitSignal, reason, stderrTail } = await child.exited
    assert.equal(exitSignal, 'SIGABRT')
    assert.match(reason, /heap/)
    assert.match(stderrTail, /heap out of memory/)
  })
})
