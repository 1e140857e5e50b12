import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { after, it } from 'node:test'
import { Pool, asCompleted, currentProcess, wait, type Task, type WaitResult } from 'manycore'
import { makeGate } from '../support/meeting.js'
import { onEachBackend } from '../support/on-backends.js'

const sleepMs = (ms: number): Promise<number> => new Promise((resolve) => setTimeout(resolve, ms, ms))
const fail = (): never => {
  throw new RangeError('no')
}
const ids = ({ done, pending }: WaitResult<Task<unknown>>) => [done, pending].map((tasks) => tasks.map(({ id }) => id))
const forever = (): Promise<never> => new Promise(() => {})

onEachBackend('tasks as futures', ({ backend }) => {
  const pool = new Pool({ backend, processes: 3 })
  after(() => pool.terminate())

  it('#216 submit gives a value or an error; any argument names will do', async () => {
    const named = ({ self, fn }: { self: number; fn: number }) => self + fn
    assert.equal(await pool.apply(named, [{ self: 1, fn: 2 }]), 3)
    await assert.rejects(pool.apply(fail), RangeError)
  })

  it('#221 a task tells its state, worker, attempts and timing, and shows itself', async () => {
    const task = pool.apply(sleepMs, [20])
    assert.match(String(task), /^<Task \d+ sleepMs\(\) (waiting|running)>$/)
    assert.equal(await task, 20)
    assert.equal(String(task), `<Task ${task.id} sleepMs() done: number>`)
    assert.equal(inspect(task), String(task))
    assert.match(task.worker ?? '', /^PoolWorker-\d+$/)
    assert.equal(task.attempts, 1)
    const { submitted, sent = NaN, settled = NaN } = task.timing
    assert.ok(submitted <= sent && sent < settled && settled <= performance.now())
    const failed = pool.apply(fail)
    await assert.rejects(failed)
    assert.equal(String(failed), `<Task ${failed.id} fail() failed: RangeError>`)
  })

  it('is taken by await and Promise.all as it is, without promises around it', async () => {
    const task = pool.apply((n: number) => n, [1])
    assert.equal(Promise.resolve(task), task)
    assert.equal(await task, 1)
  })

  it('#222 #227 callbacks run once, in order, also when it is done already, and may submit', async () => {
    const task = pool.apply((n: number) => n, [1])
    const seen: string[] = []
    const first = task.then((n) => seen.push(`first ${n}`))
    const second = task.then(() => {
      seen.push('second')
      throw new Error('a callback failed')
    })
    const third = task.then(() => pool.apply((n: number) => n + 1, [1]))
    await first
    await assert.rejects(second, /a callback failed/)
    assert.equal(await third, 2)
    await task.then(() => seen.push('late'))
    assert.deepEqual(seen, ['first 1', 'second', 'late'])
  })

  it('#224 wait tells apart what is done and what is pending', async () => {
    const done = pool.apply(sleepMs, [1])
    await done
    const failed = pool.apply(fail)
    failed.catch(() => {})
    const controller = new AbortController()
    const never = pool.apply(forever, [], { signal: controller.signal, grace: 0 })
    never.catch(() => {})
    assert.deepEqual(ids(await wait([never, done, done], { mode: 'first' })), [[done.id], [never.id]])
    const error = await wait([done, never, failed], { mode: 'firstError' })
    assert.deepEqual(ids(error), [[done.id, failed.id], [never.id]])
    const slow = pool.apply(sleepMs, [30])
    assert.deepEqual(ids(await wait([slow, done], { mode: 'firstError' })), [[slow.id, done.id], []])
    assert.deepEqual(ids(await wait([done, never], { mode: 'all', timeout: 20 })), [[done.id], [never.id]])
    assert.deepEqual(ids(await wait([done, never], { mode: 'all', timeout: 0 })), [[done.id], [never.id]])
    controller.abort()
    assert.deepEqual(ids(await wait([done, never], { mode: 'all' })), [[done.id, never.id], []])
    assert.deepEqual(await wait([], { mode: 'all' }), { done: [], pending: [] })
    assert.equal((await wait([done, done])).length, 2)
    await assert.rejects(wait([done], { mode: 'some' as 'all' }), { code: 'MC_ARGUMENT_INVALID' })
  })

  it('asCompleted gives each task once, in the order in which they are over', async () => {
    const slow = pool.apply(sleepMs, [300])
    const quick = pool.apply(sleepMs, [100])
    const failed = pool.apply(fail)
    const tasks: readonly Promise<unknown>[] = [slow, quick, failed]
    const over: number[] = []
    tasks.forEach((task, at) => {
      const note = (): unknown => over.push(at)
      task.then(note, note)
    })
    const seen: unknown[] = []
    for await (const task of asCompleted([slow, failed, quick, slow])) seen.push(task)
    assert.deepEqual(
      seen.map((task) => tasks.indexOf(task as typeof slow)),
      over,
    )
    assert.equal(seen.length, 3)
    for await (const task of asCompleted([])) assert.fail(`nothing was given, but ${String(task)} came`)
  })

  it('asCompleted throws when the time is up, and may be left early', async () => {
    const controller = new AbortController()
    const never = pool.apply(forever, [], { signal: controller.signal, grace: 0 })
    never.catch(() => {})
    const quick = pool.apply(sleepMs, [1])
    await quick
    const both = asCompleted([never, quick], 200)
    assert.equal((await both.next()).value, quick)
    await assert.rejects(both.next(), { code: 'MC_WAIT_TIMEOUT', timeoutMs: 200 })
    for await (const task of asCompleted([never, quick])) {
      assert.equal(task, quick)
      break
    }
    controller.abort()
    assert.throws(() => asCompleted([{}]), { code: 'MC_ARGUMENT_INVALID' })
  })

  it('#228 the end right after a cancel does not hang', async () => {
    const own = new Pool({ backend, processes: 1 })
    const tasks = Array.from({ length: 10 }, () => own.apply(sleepMs, [5]))
    const cancelled = tasks.filter((task) => task.cancel())
    own.close()
    await own.join()
    assert.deepEqual(
      tasks.map(({ state }) => state),
      tasks.map((task) => (cancelled.includes(task) ? 'cancelled' : 'done')),
    )
  })

  it('#219 nothing is taken after the end, which may be asked for twice; what was taken finishes', async () => {
    const own = new Pool({ backend, processes: 1 })
    const task = own.apply(sleepMs, [50])
    own.close()
    own.close()
    assert.throws(() => own.apply(sleepMs, [1]), { code: 'MC_POOL_CLOSED' })
    assert.equal(await task, 50)
    await own.join()
  })

  it('#219 close({ cancel: true }) cancels what has not begun, and nothing else', async () => {
    const own = new Pool({ backend, processes: 1 })
    using gate = makeGate()
    const running = own.apply(gate.pass)
    await gate.reached()
    const waiting = Array.from({ length: 10 }, () => own.apply(sleepMs, [1]))
    own.close({ cancel: true })
    for (const task of waiting) await assert.rejects(task, { code: 'MC_TASK_CANCELLED' })
    gate.open()
    await running
    await own.join()
  })

  it('#226 one task at a time uses one worker', async () => {
    await using own = new Pool({ backend, processes: 4 })
    const names = new Set<string>()
    for (let n = 0; n < 5; n++) names.add(await own.apply(() => currentProcess().name))
    assert.equal(names.size, 1)
  })
})
