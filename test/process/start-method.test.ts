import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { getAllStartMethods, getContext, getStartMethod, Pool, Process, setStartMethod } from 'manycore'
import { onEachProcessBackend } from '../support/on-backends.js'

describe('start methods', () => {
  it('#049 #050 nothing but setting or using fixes the default, and it is set once', () => {
    assert.equal(getStartMethod({ allowNone: true }), null)
    const context = getContext('spawn')
    assert.equal(context.Pool, Pool)
    new context.Process({ target: () => {} }).close()
    assert.equal(context.getStartMethod(), 'spawn')
    assert.equal(getStartMethod({ allowNone: true }), null)
    setStartMethod('spawn')
    assert.equal(getStartMethod({ allowNone: true }), 'spawn')
    assert.throws(() => setStartMethod('spawn'), { message: /already been set/ })
    setStartMethod('spawn', { force: true })
    assert.equal(getStartMethod(), 'spawn')
  })

  it('#048 there is one, and a context of another is refused with the reason', () => {
    assert.deepEqual(getAllStartMethods(), ['spawn'])
    assert.throws(() => getContext('nonsense' as never), { code: 'MC_ARGUMENT_INVALID', message: /nonsense/ })
    assert.throws(() => setStartMethod('fork' as never), { code: 'MC_ARGUMENT_INVALID', message: /cannot be copied/ })
  })
})

onEachProcessBackend('the start method', ({ backend }) => {
  it('#052 a child sees the start method of its creator, and a nested start works', async () => {
    const child = new Process({
      backend,
      target: async () => {
        const inner = new Process({ backend, target: () => getStartMethod() }).start()
        return [getStartMethod(), await inner.result]
      },
    }).start()
    assert.deepEqual(await child.result, ['spawn', 'spawn'])
    await child.join()
  })
})
