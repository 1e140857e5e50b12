import assert from 'node:assert/strict'
import { describe, it, mock } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { TimeoutError } from '#dist/base/errors.js'
import { PoolCore } from '#dist/pool/core.js'
import { joinCore } from '#dist/pool/engine.js'
import { checkPoolOptions } from '#dist/pool/options.js'
import { FakeBackend } from './fake-backend.ts'

// Never runs: a fake worker answers with its argument.
const same = (n: number): number => n

describe('join()', () => {
  it('asked again and again leaves nothing behind for each time', async () => {
    const backend = new FakeBackend()
    const core = new PoolCore(checkPoolOptions({ processes: 1 }), backend)
    core.call(same, [1], undefined).catch(() => {})
    core.close(false)
    assert.equal(core.join(), core.join())
    await assert.rejects(async () => joinCore(core, 0), TimeoutError)
    const joined = joinCore(core, undefined)
    void core.terminate()
    await joined
  })
})

describe('workers that are killed while they start', () => {
  it('#236 are tried ten times in a row, one at a time and at growing distances, then the pool gives up', async (t) => {
    mock.timers.enable({ apis: ['setTimeout'] })
    t.after(() => mock.timers.reset())
    const backend = new FakeBackend()
    const core = new PoolCore(checkPoolOptions({ processes: 4 }), backend)
    const outcomes = Promise.allSettled([core.call(same, [1], undefined), core.call(same, [2], undefined)])
    let isOver = false
    void outcomes.then(() => (isOver = true))
    const distances: number[] = []
    for (let distance = 0; !isOver; distance += 50) {
      assert.ok(distances.length <= 10, 'no end of it')
      if (backend.living.length > 0) distances.push(distance)
      if (backend.living.length > 0) distance = 0
      // The first two were started together, for two calls.
      for (const worker of backend.living.slice()) worker.die()
      await turn()
      mock.timers.tick(50)
      await turn()
    }
    assert.equal(backend.spawned, 10)
    assert.equal(backend.living.length, 0)
    for (const one of await outcomes) {
      assert.ok(one.status === 'rejected')
      assert.equal((one.reason as { code: string }).code, 'MC_WORKER_START')
    }
    const grow = distances.slice(1).every((distance, at) => distance >= (distances[at] as number))
    assert.ok(grow && (distances.at(-1) as number) >= 3000, `distances in ms: ${String(distances)}`)
    assert.throws(() => core.checkOpen('apply()'), { code: 'MC_POOL_BROKEN' })
    await core.join()
  })

  it('are forgotten as soon as one is ready', async (t) => {
    mock.timers.enable({ apis: ['setTimeout'] })
    t.after(() => mock.timers.reset())
    const backend = new FakeBackend()
    const core = new PoolCore(checkPoolOptions({ processes: 1, spare: false }), backend)
    for (let round = 0; round < 3; round++) {
      const call = core.call(same, [round], undefined)
      let outcome: unknown
      void call.then(
        (value) => (outcome = value),
        (error: unknown) => (outcome = error),
      )
      for (let deaths = 0; outcome === undefined;) {
        const [worker] = backend.living
        if (worker === undefined) mock.timers.tick(5000)
        else if (worker.state === 'starting' && deaths++ < 9) worker.die()
        else worker.step(0)
        await turn()
      }
      assert.equal(outcome, round)
      backend.living[0]?.die()
      await turn()
    }
    assert.equal(backend.spawned, 30)
    await core.terminate()
  })
})

describe('workers that have not started yet', () => {
  it('are not waited for by a pool that is closed', async () => {
    const backend = new FakeBackend()
    const core = new PoolCore(checkPoolOptions({ processes: 2 }), backend)
    const outcomes = Promise.all([core.call(same, [1], undefined), core.call(same, [2], undefined)])
    const [first, second] = backend.living.slice()
    assert.ok(first !== undefined && second !== undefined)
    let isOver = false
    void outcomes.then(() => (isOver = true))
    for (; !isOver; await turn()) first.step(0)
    assert.deepEqual(await outcomes, [1, 2])
    assert.equal(second.state, 'starting')
    core.close(false)
    assert.equal(second.state, 'stopped')
    assert.equal(first.state, 'ready')
    const ended = core.join()
    while (backend.living.length > 0) first.step(0)
    await ended
    assert.equal(backend.living.length, 0)
  })
})
