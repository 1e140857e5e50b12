import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { Process } from 'manycore'

describe('a process whose owner computes', () => {
  for (const backend of ['process', 'thread'] as const) {
    it(`has run its target before start()'s caller comes back to the event loop, backend '${backend}'`, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'manycore-busy-owner-'))
      try {
        const file = join(folder, 'ran')
        const child = new Process({ backend, target: () => writeFileSync(file, ''), args: [] }).start()
        const until = Date.now() + 20_000
        while (!existsSync(file) && Date.now() < until) continue
        assert.ok(existsSync(file), 'the target has run')
        assert.ok(await child.join(20_000))
        assert.equal(child.exitCode, 0)
      } finally {
        rmSync(folder, { recursive: true })
      }
    })
  }
})
