import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { parentProcess } from 'manycore'
import { allGone } from '../support/processes.ts'
import { startProgram } from '../support/run-program.ts'

describe('the parent process', () => {
  it('is null in the main process', () => {
    assert.equal(parentProcess(), null)
  })

  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    it(`can be waited for, and its death by ${signal} is noticed`, async (t) => {
      const folder = mkdtempSync(join(tmpdir(), 'parent-'))
      t.after(() => rmSync(folder, { recursive: true }))
      const file = join(folder, 'last words')
      const running = startProgram('process/child-that-outwaits', [file])
      const [, pid, early, alive] = await running.seen(/waiting (\d+) (\w+) (\w+)\n/)
      assert.deepEqual([early, alive], ['false', 'true'])
      running.child.kill(signal)
      await running.ended
      await allGone([Number(pid)])
      assert.equal(readFileSync(file, 'utf8'), 'MainProcess true false')
    })
  }
})
