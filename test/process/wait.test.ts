import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Process, asCompleted, wait } from 'manycore'
import { onEachProcessBackend } from '../support/on-backends.js'
import { reactionsOf } from '../support/reactions.ts'

const forever = (): Promise<never> =>
  new Promise(() => {
    setInterval(() => {}, 60_000)
  })

onEachProcessBackend('wait', ({ backend }) => {
  it('#014 finds a sentinel not ready while its process runs, and ready after', async () => {
    const child = new Process({ backend, target: forever })
    assert.throws(() => child.sentinel, { code: 'MC_PROCESS_NOT_STARTED' })
    child.start()
    assert.deepEqual(await wait([child.sentinel], 0), [])
    child.kill()
    assert.deepEqual(await wait([child.sentinel]), [child.sentinel])
    assert.deepEqual(await wait([child.sentinel], 0), [child.sentinel])
  })

  it('#015 tells which of several processes ended first', async () => {
    const children = [1, 2, 3].map(() => new Process({ backend, target: forever }).start())
    children[1]?.kill()
    assert.deepEqual(await wait(children.map((child) => child.sentinel)), [children[1]?.sentinel])
    assert.deepEqual(await wait(children, { timeout: 0 }), [children[1]])
    for (const child of children) child.kill()
    for (const child of children) await child.join()
    assert.deepEqual(await wait(children), children)
  })

  it('takes promises beside processes, rejected ones too', async () => {
    const child = new Process({ backend, target: forever, daemon: true }).start()
    const failed = Promise.reject(new Error('no'))
    const never = new Promise(() => {})
    assert.deepEqual(await wait<object>([child, failed, never]), [failed])
    child.kill()
    assert.deepEqual(await wait<object>([child, never]), [child])
  })

  it('ends at once with nothing to wait for', async () => {
    assert.deepEqual(await wait([]), [])
  })

  it('refuses what cannot be waited for', async () => {
    await assert.rejects(wait([{}]), { code: 'MC_ARGUMENT_INVALID' })
    await assert.rejects(wait([new Process({ backend, target: () => {} })]), { code: 'MC_PROCESS_NOT_STARTED' })
  })

  it('rejects with the reason of an aborted signal', async () => {
    const child = new Process({ backend, target: forever }).start()
    await assert.rejects(wait([child], { signal: AbortSignal.abort(new Error('enough')) }), /enough/)
    child.kill()
    await child.join()
  })

  it('takes options that are getters of a class', async () => {
    class Limits {
      get mode(): 'all' {
        return 'all'
      }

      get timeout(): number {
        return 1
      }
    }
    const never = new Promise(() => {})
    assert.deepEqual(await wait([never], new Limits()), { done: [], pending: [never] })
  })
})

describe('asCompleted', () => {
  it('leaves nothing on a promise that does not settle, however often it is left', async () => {
    const never = new Promise(() => {})
    const over = Promise.resolve('over')
    const reactions = reactionsOf(never)
    for (let n = 0; n < 100; n++) {
      for await (const promise of asCompleted([never, over])) {
        assert.equal(promise, over)
        break
      }
    }
    assert.equal(reactions.count, 1)
  })

  it('is over when its time is up', async () => {
    const late = asCompleted([new Promise(() => {})], 1)
    await assert.rejects(late.next(), { code: 'MC_WAIT_TIMEOUT' })
    assert.deepEqual(await late.next(), { done: true, value: undefined })
  })
})
