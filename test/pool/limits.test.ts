import assert from 'node:assert/strict'
import { appendFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { Pool } from 'manycore'
import { holdTimers } from '../support/held-timers.js'
import { makeGate } from '../support/meeting.js'
import { needs, onEachBackend } from '../support/on-backends.js'

onEachBackend('limits', (place) => {
  const { backend } = place
  it(
    '#242 a task that runs too long fails, its worker is replaced, and the neighbours are unharmed',
    needs(place, 'endsLoops'),
    async () => {
      await using pool = new Pool({ backend, processes: 2 })
      const spin = () => {
        for (;;) continue
      }
      const others = Array.from({ length: 20 }, (_, n) => pool.apply((m: number) => m, [n]))
      await assert.rejects(pool.apply(spin, [], { timeout: 200 }), { code: 'MC_TASK_TIMEOUT', timeoutMs: 200 })
      assert.deepEqual(
        await Promise.all(others),
        others.map((_, n) => n),
      )
      assert.equal(await pool.apply(() => 1, [], { timeout: 60_000 }), 1)
      using limit = holdTimers()
      const { done } = pool.stats()
      // The others have the same limit.
      const mapped = pool.map((n: number) => (n === 2 ? spin() : n), [1, 2, 3], {
        timeout: limit.ms,
        onError: 'settle',
      })
      while (pool.stats().done < done + 2 || limit.waiting !== 1) await turn()
      limit.strike()
      const results = await mapped
      assert.deepEqual(
        results.map(({ status }) => status),
        ['fulfilled', 'rejected', 'fulfilled'],
      )
    },
  )

  // An inline worker is held up by its owner.
  const title = 'a task that ended within its time has done so, also when the owner was too busy to notice'
  it(title, needs(place, 'endsLoops'), async () => {
    await using pool = new Pool({ backend, processes: 1 })
    await pool.apply(() => 1)
    const folder = mkdtempSync(join(tmpdir(), 'manycore-busy-'))
    const file = join(folder, 'answered')
    const quick = () => {
      // The answer has left by then.
      setImmediate(() => setImmediate(() => writeFileSync(file, '')))
      return 'in time'
    }
    const task = pool.apply(quick, [], { timeout: 300 })
    const endMs = performance.now() + 400
    // It is sent by the end of this turn, before any timer could strike.
    await new Promise((resolve) => process.nextTick(resolve))
    while (!existsSync(file) || performance.now() < endMs) continue
    assert.equal(await task, 'in time')
    rmSync(folder, { recursive: true })
  })

  it('an abort frees the core even in an endless loop', needs(place, 'endsLoops'), async () => {
    await using pool = new Pool({ backend, processes: 1 })
    using first = makeGate()
    using second = makeGate()
    const spin = (reach: () => void) => {
      reach()
      for (;;) continue
    }
    const controller = new AbortController()
    const task = pool.apply(spin, [first.reach], { signal: controller.signal })
    const behind = pool.apply(() => 'behind')
    void first.reached().then(() => controller.abort(new Error('changed my mind')))
    await assert.rejects(task, /changed my mind/)
    assert.equal(await behind, 'behind')
    const again = new AbortController()
    const { reach } = second
    const mapped = pool.map((n: number) => (n === 3 ? spin(reach) : n), [1, 2, 3, 4], { signal: again.signal })
    void second.reached().then(() => again.abort())
    await assert.rejects(mapped, { name: 'AbortError' })
    await assert.rejects(
      pool.apply(() => 1, [], { signal: AbortSignal.abort('before') }),
      (reason) => reason === 'before',
    )
    await assert.rejects(
      pool.map(String, [1], { signal: AbortSignal.abort('before') }),
      (reason) => reason === 'before',
    )
    await assert.rejects(
      pool.imap(String, [1], { signal: AbortSignal.abort('before') }).next(),
      (reason) => reason === 'before',
    )
    assert.equal(await pool.apply(() => 1), 1)
  })

  it('#220 #221 cancel() works before a task runs, and a task tells its state', async () => {
    await using pool = new Pool({ backend, processes: 1 })
    const file = join(mkdtempSync(join(tmpdir(), 'manycore-cancel-')), 'ran')
    using first = makeGate()
    using second = makeGate()
    const running = pool.apply(first.pass)
    const waiting = pool.apply(() => appendFileSync(file, 'x'))
    const failing = pool.apply(() => {
      throw new Error('no')
    })
    failing.catch(() => {})
    assert.deepEqual([running.id, waiting.id, waiting.state], [1, 2, 'waiting'])
    assert.equal(waiting.cancel(), true)
    assert.equal(waiting.cancel(), false)
    assert.equal(waiting.state, 'cancelled')
    first.open()
    await pool.apply(() => 1)
    assert.equal(running.state, 'done')
    assert.equal(running.cancel(), false)
    assert.equal(failing.state, 'failed')
    await assert.rejects(waiting, { code: 'MC_TASK_CANCELLED' })
    assert.equal(existsSync(file), false)
    const long = pool.apply(second.pass)
    await second.reached()
    assert.equal(long.state, 'running')
    assert.equal(long.cancel(), false)
    second.open()
    await long
    rmSync(join(file, '..'), { recursive: true })
  })
})
