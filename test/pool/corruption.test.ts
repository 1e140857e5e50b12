import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Pool, type WorkerCrashedError } from 'manycore'

describe('a channel that is corrupted', () => {
  it('#230 an item whose worker corrupts its channel fails with that, also when each of them does', async () => {
    await using pool = new Pool({ processes: 2 })
    const run = async (n: number) => {
      const { writeSync } = await import('node:fs')
      if (n % 2 === 0) {
        writeSync(3, 'this is no message, and longer than the header of one is'.repeat(4))
        if (n % 4 === 0) for (;;) continue
        await new Promise(() => {})
      }
      return n
    }
    const results = await pool.map(run, [0, 1, 2, 3, 4, 5, 6], { onError: 'settle' })
    for (const [n, one] of results.entries()) {
      if (one.status === 'fulfilled') assert.equal(one.value, n)
      else {
        assert.equal(n % 2, 0)
        assert.equal((one.reason as WorkerCrashedError).code, 'MC_WORKER_CRASHED')
        assert.match((one.reason as Error).message, /channel carried something that is no message: .*this is no/)
        assert.doesNotMatch((one.reason as Error).message, /as it was told/)
      }
    }
    assert.deepEqual(
      results.map(({ status }) => status === 'fulfilled'),
      [false, true, false, true, false, true, false],
    )
  })
})
