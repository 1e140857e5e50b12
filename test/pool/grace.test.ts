import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { PoolCore } from '#dist/pool/core.js'
import { startMap } from '#dist/pool/map.js'
import { checkPoolOptions } from '#dist/pool/options.js'
import { FakeBackend, type FakeWorker } from './fake-backend.ts'

const COUNT = 8

// Never runs: a fake worker answers with the item itself.
const same = (n: number): number => {
  console.log(n)
  return n
}

describe('the worker of a map that is aborted', () => {
  for (const [what, listens, itemMs, grace, isKilled] of [
    ['is killed at once when its task does not listen', false, 20, 60_000, true],
    ['is killed at once when nobody knows how long its task takes', false, undefined, 60_000, true],
    ['is waited for when its tasks are always over in a moment', false, 0.5, 60_000, false],
    ['is killed at once when there is no grace period, whoever listens', true, 0.5, 0, true],
    ['is waited for when its task listens', true, 20, 60_000, false],
    ['is waited for when nobody can tell whether its task listens', undefined, 20, 60_000, false],
  ] as const) {
    it(what, async () => {
      const backend = new FakeBackend()
      const core = new PoolCore(checkPoolOptions({ processes: 1 }), backend)
      if (itemMs !== undefined) {
        backend.itemNs = itemMs * 1e6
        await play(backend, startMap(core, 'map', same, items(), {}))
      }
      backend.listens = listens
      const controller = new AbortController()
      const aborted = startMap(core, 'map', same, items(), { signal: controller.signal, grace, chunkSize: 4 })
      const settled = assert.rejects(aborted, { name: 'AbortError' })
      let worker: FakeWorker | undefined
      while ((worker = backend.living[0]) === undefined || worker.state === 'starting') {
        worker?.step(0)
        await turn()
      }
      // It has begun the first item.
      worker.step(0)
      assert.equal(backend.begun.length, itemMs === undefined ? 1 : COUNT + 1)
      controller.abort()
      assert.equal(backend.living[0] !== worker, isKilled)
      await settled
      await play(backend, core.terminate())
    })
  }
})

async function play(backend: FakeBackend, until: Promise<unknown>): Promise<void> {
  let isOver = false
  void until.then(() => (isOver = true))
  while (!isOver) {
    for (const worker of backend.living.slice()) worker.step(0)
    await turn()
  }
}

function items(): number[] {
  return Array.from({ length: COUNT }, (_, n) => n)
}
