import assert from 'node:assert/strict'
import { appendFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { Pool } from 'manycore'
import { needs, onEachBackend } from '../support/on-backends.js'

const sleepMs = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

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
      const startMs = performance.now()
      const others = Array.from({ length: 20 }, (_, n) => pool.apply((m: number) => m, [n]))
      await assert.rejects(pool.apply(spin, [], { timeout: 200 }), { code: 'MC_TASK_TIMEOUT', timeoutMs: 200 })
      assert.ok(performance.now() - startMs < 1200)
      assert.deepEqual(
        await Promise.all(others),
        others.map((_, n) => n),
      )
      assert.equal(await pool.apply(() => 1, [], { timeout: 10_000 }), 1)
      const results = await pool.map((n: number) => (n === 2 ? spin() : n), [1, 2, 3], {
        timeout: 200,
        onError: 'settle',
      })
      assert.deepEqual(
        results.map(({ status }) => status),
        ['fulfilled', 'rejected', 'fulfilled'],
      )
    },
  )

  it('an abort frees the core even in an endless loop', needs(place, 'endsLoops'), async () => {
    await using pool = new Pool({ backend, processes: 1 })
    const spin = () => {
      for (;;) continue
    }
    const controller = new AbortController()
    const task = pool.apply(spin, [], { signal: controller.signal })
    const behind = pool.apply(() => 'behind')
    setTimeout(() => controller.abort(new Error('changed my mind')), 100)
    await assert.rejects(task, /changed my mind/)
    assert.equal(await behind, 'behind')
    const again = new AbortController()
    const mapped = pool.map((n: number) => (n === 3 ? spin() : n), [1, 2, 3, 4], { signal: again.signal })
    setTimeout(() => again.abort(), 100)
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
    const running = pool.apply(sleepMs, [200])
    const waiting = pool.apply(() => appendFileSync(file, 'x'))
    const failing = pool.apply(() => {
      throw new Error('no')
    })
    failing.catch(() => {})
    assert.deepEqual([running.id, waiting.id, waiting.state], [1, 2, 'waiting'])
    assert.equal(waiting.cancel(), true)
    assert.equal(waiting.cancel(), false)
    assert.equal(waiting.state, 'cancelled')
    await pool.apply(() => 1).catch(() => {})
    assert.equal(running.state, 'done')
    assert.equal(running.cancel(), false)
    assert.equal(failing.state, 'failed')
    await assert.rejects(waiting, { code: 'MC_TASK_CANCELLED' })
    assert.equal(existsSync(file), false)
    const long = pool.apply(sleepMs, [300])
    await sleepMs(100)
    assert.equal(long.state, 'running')
    assert.equal(long.cancel(), false)
    await long
    rmSync(join(file, '..'), { recursive: true })
  })
})
