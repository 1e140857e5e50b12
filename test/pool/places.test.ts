import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { Pool } from 'manycore'
import { needs, onEachBackend } from '../support/on-backends.js'

// What docs/backends.md says about the places where workers live, beyond what the other suites show.
onEachBackend('the place where workers live', (place) => {
  const { backend } = place

  it('has a globalThis of its own, which lasts', needs(place, 'hasOwnGlobals'), async () => {
    await using pool = new Pool({ backend, processes: 1 })
    const count = () => {
      const own = globalThis as { placeCount?: number }
      return (own.placeCount = (own.placeCount ?? 0) + 1)
    }
    assert.deepEqual([await pool.apply(count), await pool.apply(count)], [1, 2])
    assert.equal('placeCount' in globalThis, false)
  })

  it('lets tasks that compute run beside each other and beside the program', needs(place, 'runsBeside'), async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'manycore-places-'))
    t.after(() => rmSync(folder, { recursive: true }))
    await using pool = new Pool({ backend, processes: 2 })
    // Each goes on only when it has seen the other, and the program.
    const meet = (own: string, others: readonly string[]) => {
      writeFileSync(own, '')
      while (!others.every((other) => existsSync(other))) continue
      return true
    }
    const [one = '', two = '', program = ''] = ['one', 'two', 'program'].map((name) => join(folder, name))
    const met = [pool.apply(meet, [one, [two, program]]), pool.apply(meet, [two, [one, program]])]
    while (!existsSync(one) || !existsSync(two)) await new Promise((resolve) => setTimeout(resolve, 5))
    writeFileSync(program, '')
    assert.deepEqual(await Promise.all(met), [true, true])
  })

  it('gives a task up that computes longer than its limit, inline only once it gives back control', async () => {
    await using pool = new Pool({ backend, processes: 1 })
    const spin = (ms: number) => {
      for (const end = performance.now() + ms; performance.now() < end;) continue
      return 'over'
    }
    const task = pool.apply(spin, [place.has('endsLoops') ? 3_600_000 : 300], { timeout: 50 })
    const outcome = await task.catch((error: { code: string }) => error.code)
    // Inline nobody could look at the clock meanwhile, so that its result may be there first.
    assert.ok(outcome === 'MC_TASK_TIMEOUT' || (outcome === 'over' && !place.has('endsLoops')), outcome)
    assert.equal(await pool.apply(() => 'next'), 'next')
  })
})
