import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkWait, settledWithin } from '#dist/base/wait.js'
import { reactionsOf } from '../support/reactions.ts'

describe('settledWithin', () => {
  it('is true for a promise that settles in time, either way', async () => {
    assert.equal(await settledWithin(Promise.resolve(1), { timeout: 0 }), true)
    assert.equal(await settledWithin(Promise.reject(new Error('no')), { timeout: 0 }), true)
    assert.equal(await settledWithin(new Promise((resolve) => setImmediate(resolve)), {}), true)
  })

  it('is false when the time is up first', async () => {
    const never = new Promise(() => {})
    for (const timeout of [-1, 0, 1]) assert.equal(await settledWithin(never, { timeout }), false)
  })

  it('leaves no timer and no listener behind', async () => {
    const { signal } = new AbortController()
    let listeners = 0
    const { addEventListener, removeEventListener } = signal
    signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
      listeners++
      addEventListener.apply(signal, args)
    }
    signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
      listeners--
      removeEventListener.apply(signal, args)
    }
    const timers = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    assert.equal(await settledWithin(Promise.resolve(), { timeout: 1e6, signal }), true)
    assert.equal(listeners, 0)
    assert.equal(process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length, timers)
  })

  it('leaves nothing on a promise that does not settle, however often it is asked', async () => {
    let resolve = (): void => {}
    const promise = new Promise<void>((settle) => (resolve = settle))
    const reactions = reactionsOf(promise)
    for (let i = 0; i < 100; i++) assert.equal(await settledWithin(promise, { timeout: 0 }), false)
    const both = [settledWithin(promise, {}), settledWithin(promise, { timeout: 1e6 })]
    resolve()
    assert.deepEqual(await Promise.all(both), [true, true])
    assert.equal(reactions.count, 1)
    assert.equal(await settledWithin(promise, { timeout: 0 }), true)
  })

  it('takes a time that setTimeout() cannot', async () => {
    const abort = new AbortController()
    const waiting = settledWithin(new Promise(() => {}), { timeout: 2 ** 40, signal: abort.signal })
    assert.equal(await Promise.race([waiting, new Promise((resolve) => setTimeout(resolve, 10, 'waits'))]), 'waits')
    abort.abort(new Error('enough'))
    await assert.rejects(waiting, /enough/)
  })
})

describe('checkWait', () => {
  it('takes a number of milliseconds for a timeout', () => {
    assert.deepEqual(checkWait('join()', 5), { timeout: 5 })
    assert.deepEqual(checkWait('join()', undefined), {})
  })

  it('gives what was set, also by the getters of a class', () => {
    class Limit {
      get timeout(): number {
        return 7
      }
    }
    assert.deepEqual(checkWait('join()', new Limit()), { timeout: 7 })
    assert.deepEqual(checkWait('join()', { timeout: undefined, signal: undefined }), {})
  })
})
