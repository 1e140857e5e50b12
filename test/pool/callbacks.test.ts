import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Pool, wait } from 'manycore'
import { makeGate } from '../support/meeting.ts'

describe('an asynchronous call', () => {
  const pool = new Pool({ processes: 1 })
  const sleep = (ms: number): Promise<number> => new Promise((resolve) => setTimeout(resolve, ms, ms))
  before(() => pool.apply(sleep, [0]))
  after(() => pool.terminate())

  it('#177 is not ready, then ready; a wait for it may be given up, and the value is had later', async () => {
    using gate = makeGate()
    const { pass } = gate
    const task = pool.apply(() => pass().then(() => 5))
    assert.notEqual(task.state, 'done')
    await gate.reached()
    assert.deepEqual(await wait([task], 1), [])
    assert.equal(task.state, 'running')
    gate.open()
    assert.deepEqual(await wait([task]), [task])
    assert.equal(task.state, 'done')
    assert.equal(await task, 5)
  })

  it('#177 is neither a success nor a failure before it is ready', async () => {
    const fail = (): never => {
      throw new Error('no')
    }
    const tasks = [pool.apply(sleep, [1]), pool.apply(fail)]
    for (const { state } of tasks) assert.ok(state === 'waiting' || state === 'running', state)
    await Promise.allSettled(tasks)
    assert.deepEqual(
      tasks.map(({ state }) => state),
      ['done', 'failed'],
    )
  })

  it('#178 calls the one callback with the value, or the other one with the error, once', async () => {
    const calls: unknown[] = []
    const callback = (value: unknown): void => void calls.push(['value', value])
    const errorCallback = (error: Error): void => void calls.push(['error', error.message])
    const half = (n: number): number => {
      if (n % 2 === 1) throw new RangeError(`${n} is odd`)
      return n / 2
    }
    await pool.apply(half, [4]).then(callback, errorCallback)
    await pool.apply(half, [3]).then(callback, errorCallback)
    await pool.map(half, [2, 4]).then(callback, errorCallback)
    await pool.map(half, [2, 3, 5]).then(callback, errorCallback)
    assert.deepEqual(calls, [
      ['value', 2],
      ['error', '3 is odd'],
      ['value', [1, 2]],
      ['error', '3 is odd'],
    ])
  })
})

describe('the number of tasks of a worker', () => {
  it('#204 is whole and at least 1', () => {
    for (const maxTasksPerWorker of [0, -1, 0.5, NaN, Infinity, '3', null]) {
      assert.throws(() => new Pool({ maxTasksPerWorker: maxTasksPerWorker as number }), {
        code: 'MC_ARGUMENT_INVALID',
        message: /maxTasksPerWorker/,
      })
    }
  })
})
