import assert from 'node:assert/strict'
import { Socket } from 'node:net'
import { describe, it } from 'node:test'
import { Process } from 'manycore'
import { onEachProcessBackend } from '../support/on-backends.js'
import { runProgram } from '../support/run-program.js'

describe('when something is missing', () => {
  it('without descriptors start() fails, what was started ends well, and later it works again', async () => {
    const { stdout, stderr } = await runProgram('process/out-of-descriptors', [], { shell: 'ulimit -n 90' })
    assert.equal(stderr, '')
    assert.deepEqual(JSON.parse(stdout), { codes: ['MC_WORKER_START'], some: true, whole: true, again: 'works again' })
  })
})

onEachProcessBackend('when something is missing', (place) => {
  const { backend } = place

  it('a result that cannot travel rejects with the path to it, and the process goes on to its own end', async () => {
    const child = new Process({ backend, target: () => ({ deep: [new Socket()] }), stdio: 'ignore' }).start()
    await assert.rejects(child.result, { code: 'MC_VALUE_UNSENDABLE', message: /deep\[0\]/ })
    const { exitCode, stderrTail } = await child.exited
    assert.equal(exitCode, 0)
    assert.equal(stderrTail, '')
  })

  it('running out of heap memory is told as such', async () => {
    const child = new Process({
      backend,
      target: () => {
        const kept: unknown[] = []
        for (;;) kept.push(Array.from({ length: 1e5 }, () => ({})))
      },
      ...(place.has('isProcess')
        ? { execArgv: ['--max-old-space-size=30'] }
        : { resourceLimits: { maxOldGenerationSizeMb: 30 } }),
      stdio: 'ignore',
    }).start()
    await assert.rejects(child.result, { code: 'MC_WORKER_CRASHED', message: /heap/ })
    const { exitSignal, reason, stderrTail } = await child.exited
    assert.equal(exitSignal, place.has('isProcess') ? 'SIGABRT' : null)
    assert.match(reason, /heap/)
    assert.match(stderrTail, place.has('isProcess') ? /heap out of memory/ : /ERR_WORKER_OUT_OF_MEMORY/)
  })
})
