import assert from 'node:assert/strict'
import { it } from 'node:test'
import { Pool, Process, asCompleted, wait } from 'manycore'
import { holdTimers } from './support/held-timers.js'
import { makeGate } from './support/meeting.js'
import { onEachProcessBackend } from './support/on-backends.js'

const long = 2 ** 40

onEachProcessBackend('limits of many years', ({ backend }) => {
  it('are not taken for the millisecond that a timer of Node makes of them', async () => {
    const warnings: string[] = []
    const note = ({ name }: Error): void => void warnings.push(name)
    process.on('warning', note)
    const child = new Process({ backend, target: () => 'ran' }).start()
    await wait([child], { timeout: long, mode: 'all' })
    for await (const one of asCompleted([child], long)) assert.equal(one, child)
    assert.equal(await child.join(long), true)

    const sleeper = new Process({ backend, target: () => void setTimeout(() => {}, 60_000) }).start()
    await sleeper.result
    await sleeper.terminate({ grace: long })

    const pool = new Pool({
      backend,
      processes: { max: 1, idleTimeout: long },
      initializer: () => {},
      initializerTimeout: long,
      onExit: () => {},
      onExitTimeout: long,
      stallTimeout: long,
    })
    const limits = { timeout: long, grace: long }
    assert.equal(await pool.apply((n: number) => n, [1], limits), 1)
    const stream = pool.imap((n: number) => n, [1], { ...limits, totalTimeout: long })
    assert.deepEqual(await stream.next(long), { done: false, value: 1 })
    await stream.return()
    await pool.measure(long)
    const aborter = new AbortController()
    const slow = pool.apply(() => new Promise((resolve) => setTimeout(resolve, 50)), [], {
      ...limits,
      signal: aborter.signal,
    })
    aborter.abort()
    await assert.rejects(slow, { name: 'AbortError' })
    pool.close()
    await pool.join(long)
    // Warnings are told at the next tick.
    await new Promise(setImmediate)
    process.off('warning', note)
    assert.deepEqual(warnings, [])
  })

  it('do not strike after the 24.8 days for which a timer of Node can be set', async () => {
    await using pool = new Pool({ backend, processes: 1 })
    using gate = makeGate()
    using timers = holdTimers(2 ** 31 - 1)
    const tasks = [long, Infinity].map((timeout) => pool.apply(gate.pass, [], { timeout }))
    await gate.reached()
    timers.strike()
    gate.open()
    await Promise.all(tasks)
  })
})
