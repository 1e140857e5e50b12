import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { describe, it } from 'node:test'
import { onAbort } from '#dist/base/on-abort.js'

describe('onAbort', () => {
  const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length

  it('tells all that have not stopped, each once, with one listener', () => {
    const controller = new AbortController()
    const { signal } = controller
    const told: number[] = []
    const stops = Array.from({ length: 20 }, (_, n) => onAbort(signal, () => told.push(n)))
    assert.equal(listeners(signal), 1)
    for (const stop of stops.slice(0, 17)) stop()
    const stopped = onAbort(signal, () => told.push(-1))
    onAbort(signal, () => stopped())
    stopped()
    controller.abort()
    for (const stop of stops) stop()
    assert.deepEqual(told, [17, 18, 19])
    assert.equal(listeners(signal), 0)
  })

  it('leaves nothing on a signal that nobody listens to any more', () => {
    const { signal } = new AbortController()
    for (let round = 0; round < 2; round++) {
      const stops = [onAbort(signal, () => {}), onAbort(signal, () => {})]
      assert.equal(listeners(signal), 1)
      for (const stop of stops) stop()
      for (const stop of stops) stop()
      assert.equal(listeners(signal), 0)
    }
  })
})
