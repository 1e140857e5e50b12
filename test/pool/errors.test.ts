import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import { Pool, ValueUnsendableError } from 'manycore'
import { needs, onEachBackend } from '../support/on-backends.js'

class OrderError extends Error {
  readonly order: number
  readonly status = 'lost'

  constructor(order: number, options?: ErrorOptions) {
    super(`order ${order} is lost`, options)
    this.name = 'OrderError'
    this.order = order
  }
}

onEachBackend('errors of tasks', (place) => {
  const { backend } = place
  const pool = new Pool({ backend, processes: 2 })
  after(() => pool.terminate())

  it('#192 reach the owner with class, fields, cause and the remote stack, and the pool goes on', async () => {
    const fail = (order: number) => {
      throw new OrderError(order, { cause: new TypeError('inner') })
    }
    const error: unknown = await pool.apply(fail, [7]).then(assert.fail, (reason: unknown) => reason)
    assert.ok(error instanceof OrderError)
    assert.deepEqual(
      [error.name, error.message, error.order, error.status],
      ['OrderError', 'order 7 is lost', 7, 'lost'],
    )
    assert.ok(error.cause instanceof TypeError)
    assert.match(error.stack ?? '', /errors\.test\.[jt]s/)
    assert.equal(await pool.apply((n: number) => n, [1]), 1)
  })

  it(
    '#230 of a result whose module the owner cannot import cost that task only',
    needs(place, 'hasOwnGlobals'),
    async (t) => {
      const folder = mkdtempSync(join(tmpdir(), 'manycore-errors-'))
      t.after(() => rmSync(folder, { recursive: true }))
      const bring = async (file: string) => {
        const { twice } = (await import(pathToFileURL(file).href)) as { twice: (n: number) => number }
        if (file.endsWith('gone.mjs')) rmSync(file)
        return { twice }
      }
      const modules = ['stays', 'gone', 'stays-too'].map((name) => join(folder, `${name}.mjs`))
      for (const file of modules) writeFileSync(file, 'export const twice = (n) => n * 2')
      const [first, gone, last] = await pool.map(bring, modules, { onError: 'settle' })
      for (const one of [first, last]) assert.equal(one?.status === 'fulfilled' && one.value.twice(21), 42)
      assert.ok(gone?.status === 'rejected')
      assert.match(String(gone.reason), /gone\.mjs/)
      assert.equal(await pool.apply(() => 'alive'), 'alive')
    },
  )

  it('#192 what is thrown need not be an error', async () => {
    for (const thrown of ['text', 0, null, undefined, { code: 5 }]) {
      const reason: unknown = await pool
        .apply((value: unknown) => Promise.reject(value as Error), [thrown])
        .then(assert.fail, (one: unknown) => one)
      assert.deepEqual(reason, thrown)
    }
  })

  it('#193 of several failures in a map the first by position is thrown, after every item was dealt with', async () => {
    const unhandled: unknown[] = []
    const note = (reason: unknown): void => void unhandled.push(reason)
    process.on('unhandledRejection', note)
    let done = 0
    const fn = async (n: number) => {
      await new Promise((resolve) => setTimeout(resolve, n === 3 ? 100 : 1))
      if (n % 3 === 0 && n > 0) throw new RangeError(`item ${n}`)
      return n
    }
    for (const chunkSize of [1, 4, undefined]) {
      await assert.rejects(
        pool.map(fn, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10], { chunkSize }),
        (error) => error instanceof RangeError && error.message === 'item 3',
      )
      done++
    }
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', note)
    assert.equal(done, 3)
    assert.deepEqual(unhandled, [])
  })

  it("onError: 'settle' gives every result, in order", async () => {
    const fn = (n: number) => {
      if (n === 2) throw new RangeError('two')
      return n * 10
    }
    const expected = [
      { status: 'fulfilled', value: 10 },
      { status: 'rejected', reason: 'two' },
      { status: 'fulfilled', value: 30 },
    ]
    const shown = (all: PromiseSettledResult<number>[]): unknown[] =>
      all.map((one) => (one.status === 'rejected' ? { ...one, reason: (one.reason as Error).message } : one))
    assert.deepEqual(shown(await pool.map(fn, [1, 2, 3], { onError: 'settle' })), expected)
    assert.deepEqual(shown(await pool.starmap(fn, [[1], [2], [3]], { onError: 'settle' })), expected)
    const streamed: PromiseSettledResult<number>[] = []
    for await (const one of pool.imap(fn, [1, 2, 3], { onError: 'settle' })) streamed.push(one)
    assert.deepEqual(shown(streamed), expected)
  })

  it('#194 imap() throws the error of an item at its place, and can go on', async () => {
    const results = pool.imap(
      (n: number) => {
        if (n === 2) throw new RangeError('two')
        return n
      },
      [1, 2, 3, 4],
    )
    assert.deepEqual(await results.next(), { done: false, value: 1 })
    await assert.rejects(results.next(), RangeError)
    assert.deepEqual(await results.next(), { done: false, value: 3 })
    assert.deepEqual(await results.next(), { done: false, value: 4 })
    assert.deepEqual(await results.next(), { done: true, value: undefined })
  })

  it('#196 an error whose constructor cannot be called again arrives all the same', async () => {
    const fail = () => {
      class Picky extends Error {
        constructor(a: { b: string }) {
          super(a.b.toUpperCase())
        }
      }
      throw new Picky({ b: 'text' })
    }
    await assert.rejects(pool.apply(fail), /TEXT/)
  })

  it('#198 a result that cannot travel fails its own task, 1,000 times in a row', async () => {
    const bad = () => new Proxy({}, {})
    const all = await Promise.allSettled(Array.from({ length: 1000 }, () => pool.apply(bad)))
    assert.ok(
      all.every((one) => one.status === 'rejected' && (one.reason as { code: string }).code === 'MC_VALUE_UNSENDABLE'),
    )
    const mixed = await pool.map((n: number) => (n % 2 === 0 ? n : new Proxy({}, {})), [0, 1, 2, 3, 4], {
      onError: 'settle',
    })
    assert.deepEqual(
      mixed.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled'],
    )
    const deep = () => ({ a: [new Proxy({}, {})] })
    await assert.rejects(pool.map(deep, [1]), { path: 'result.a[0]' })
    assert.equal(await pool.apply((n: number) => n, [1]), 1)
  })

  it('#199 an argument that cannot travel fails at the call, 1,000 times in a row, and what follows works', async () => {
    for (let n = 0; n < 1000; n++) {
      assert.throws(() => pool.apply((value: unknown) => value, [{ deep: [new Proxy({}, {})] }]), ValueUnsendableError)
      assert.throws(() => pool.map((value: unknown) => value, [1, { deep: new Proxy({}, {}) }]), ValueUnsendableError)
    }
    assert.throws(() => pool.apply((value: unknown) => value, [{ deep: [new Proxy({}, {})] }]), /args\[0\]\.deep\[0\]/)
    assert.throws(() => pool.map((value: unknown) => value, [1, { deep: new Proxy({}, {}) }]), /items\[1\]\.deep/)
    assert.equal(await pool.apply((n: number) => n, [1]), 1)
  })

  it('a function that is a Proxy is refused by name', () => {
    const named = new Proxy(function double(n: number) {
      return n * 2
    }, {})
    assert.throws(() => pool.apply(named, [1]), {
      code: 'MC_FUNCTION_UNSENDABLE',
      message: 'The function double cannot be sent to another process: it is a Proxy. Send the function behind it.',
    })
  })

  it('#198 an error that cannot travel as it is, 1,000 times in a row', async () => {
    const fail = () => {
      throw Object.assign(new Error('carries a Proxy'), { map: new Proxy({}, {}) })
    }
    const all = await Promise.allSettled(Array.from({ length: 1000 }, () => pool.apply(fail)))
    assert.ok(all.every((one) => one.status === 'rejected' && /carries a Proxy/.test(String(one.reason))))
  })

  it('#200 nested errors and the parts of an AggregateError are kept', async () => {
    const fail = () => {
      throw new AggregateError([new RangeError('a'), new TypeError('b')], 'both', {
        cause: new Error('c', { cause: 'd' }),
      })
    }
    const error: unknown = await pool.apply(fail).then(assert.fail, (reason: unknown) => reason)
    assert.ok(error instanceof AggregateError)
    assert.ok(error.errors[0] instanceof RangeError && error.errors[1] instanceof TypeError)
    assert.equal((error.cause as Error).cause, 'd')
  })
})
