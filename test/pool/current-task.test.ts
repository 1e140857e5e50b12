import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { once } from 'node:events'
import { after, it } from 'node:test'
import { Pool, currentTask, currentProcess } from 'manycore'
import { holdTimers } from '../support/held-timers.js'
import { makeGate } from '../support/meeting.js'
import { needs, onEachBackend } from '../support/on-backends.js'
import { whatIsPlentyFor } from '../support/pace.js'

const sleepMs = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

onEachBackend('currentTask', (place) => {
  const { backend } = place
  const pool = new Pool({ backend, processes: 1 })
  after(() => pool.terminate())

  it('is one that is never cancelled outside of a task', () => {
    const task = currentTask()
    assert.deepEqual([task.id, task.index, task.attempt, task.isCancelled], [0, undefined, 1, false])
    assert.equal(task.signal.aborted, false)
    task.throwIfCancelled()
  })

  it('tells id, item and attempt, also of calls that travelled together', async () => {
    const who = () => [currentTask().id, currentTask().index, currentTask().attempt]
    const tasks = Array.from({ length: 20 }, () => pool.apply(who))
    assert.deepEqual(
      await Promise.all(tasks),
      tasks.map(({ id }) => [id, undefined, 1]),
    )
    const items = await pool.map((_item: string) => [currentTask().index, currentTask().attempt], ['a', 'b', 'c'])
    assert.deepEqual(items, [
      [0, 1],
      [1, 1],
      [2, 1],
    ])
  })

  it('stays the same after an await and in what a task leaves behind', async () => {
    const before = pool.apply(async () => {
      Object.assign(globalThis, { late: sleepMs(50).then(() => currentTask().id) })
      await sleepMs(1)
      return currentTask().id
    })
    const behind = pool.apply(() => (globalThis as unknown as { late: Promise<number> }).late)
    assert.equal(await before, before.id)
    assert.equal(await behind, before.id)
  })

  it('a task does not see what another entered into an AsyncLocalStorage', async () => {
    const enter = () => {
      const storage = new AsyncLocalStorage<string>()
      Object.assign(globalThis, { storage })
      storage.enterWith('left behind')
      return storage.getStore()
    }
    const look = () => (globalThis as unknown as { storage: AsyncLocalStorage<string> }).storage.getStore()
    assert.deepEqual(await Promise.all([pool.apply(enter), pool.apply(look)]), ['left behind', undefined])
  })

  it('names the task that left an error behind', needs(place, 'fallsAlone'), async () => {
    const warned = once(process, 'warning') as Promise<[Error]>
    const leave = () => {
      const timer = setInterval(() => {
        if (!('isHit' in globalThis)) return
        clearInterval(timer)
        throw new Error('forgotten')
      }, 5)
    }
    const left = pool.apply(leave)
    await left
    const run = () => {
      Object.assign(globalThis, { isHit: true })
      return sleepMs(60_000)
    }
    const hit = pool.apply(run).catch((error: { code?: string }) => error.code)
    const [warning] = await warned
    assert.match(warning.message, new RegExp(`^Task ${left.id}, leave\\(\\), left something behind .* forgotten`))
    assert.equal(await hit, 'MC_WORKER_CRASHED')
  })

  it('names the item whose rejection nobody handled', needs(place, 'fallsAlone'), async () => {
    const warned = once(process, 'warning') as Promise<[Error]>
    const leave = (n: number) => {
      if (n === 2) void sleepMs(5).then(() => Promise.reject(new Error('not handled')))
      return sleepMs(n === 3 ? 60_000 : 0)
    }
    const mapped = pool.map(leave, [0, 1, 2, 3], { chunkSize: 4, onError: 'settle' })
    const [warning] = await warned
    assert.match(warning.message, /^Item 2 of task \d+, leave\(\), left something behind .* not handled/)
    assert.equal((await mapped)[3]?.status, 'rejected')
  })
})

onEachBackend('a task that is to end', (place) => {
  const { backend } = place
  const pool = new Pool({ backend, processes: 1 })
  after(() => pool.terminate())
  const nameOf = () => currentProcess().name

  it('hears of its timeout through currentTask().signal, and its worker lives on', async () => {
    const name = await pool.apply(nameOf)
    using gate = makeGate()
    const { reach } = gate
    const wait = () =>
      new Promise((resolve) => {
        currentTask().signal.addEventListener('abort', () => {
          Object.assign(globalThis, { told: String(currentTask().signal.reason) })
          resolve('too late')
        })
        reach()
      })
    using limit = holdTimers()
    void gate.reached().then(() => limit.strike())
    await assert.rejects(pool.apply(wait, [], { timeout: limit.ms, grace: 60_000 }), { code: 'MC_TASK_TIMEOUT' })
    assert.match(await pool.apply(() => (globalThis as unknown as { told: string }).told), /asked to end/)
    assert.equal(await pool.apply(nameOf), name)
  })

  it('can ask while its event loop is busy, and its worker lives on', needs(place, 'endsLoops'), async () => {
    const name = await pool.apply(nameOf)
    const spin = (reach: () => void) => {
      // It listens from here on.
      currentTask().throwIfCancelled()
      reach()
      for (;;) currentTask().throwIfCancelled()
    }
    using limit = holdTimers()
    using first = makeGate()
    void first.reached().then(() => limit.strike())
    const late = pool.apply(spin, [first.reach], { timeout: limit.ms, grace: 60_000 })
    await assert.rejects(late, { code: 'MC_TASK_TIMEOUT' })
    assert.equal(await pool.apply(nameOf), name)
    using second = makeGate()
    const { reach } = second
    void second.reached().then(() => limit.strike())
    const results = await pool.map((n: number) => (n === 1 ? spin(reach) : n), [0, 1, 2], {
      // The others have the same limit.
      timeout: limit.ms,
      grace: 60_000,
      onError: 'settle',
    })
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    )
    using third = makeGate()
    const controller = new AbortController()
    const aborted = pool.apply(spin, [third.reach], { signal: controller.signal, grace: 60_000 })
    void third.reached().then(() => controller.abort(new Error('enough')))
    await assert.rejects(aborted, /enough/)
    assert.equal(await pool.apply(() => currentTask().isCancelled), false)
    assert.equal(await pool.apply(nameOf), name)
  })

  it('is told when the map that it belongs to is aborted', needs(place, 'endsLoops'), async () => {
    const name = await pool.apply(nameOf)
    const controller = new AbortController()
    using gate = makeGate()
    const { reach } = gate
    const spin = (n: number) => {
      currentTask().throwIfCancelled()
      if (n === 2) reach()
      while (n === 2) currentTask().throwIfCancelled()
    }
    const mapped = pool.map(spin, [0, 1, 2, 3], { signal: controller.signal, grace: 60_000, chunkSize: 2 })
    void gate.reached().then(() => controller.abort())
    await assert.rejects(mapped, { name: 'AbortError' })
    assert.equal(await pool.apply(nameOf), name)
    assert.equal(await pool.apply(() => currentTask().isCancelled), false)
  })

  it('has no grace period when it has never asked', async () => {
    // Without a number: a worker that was given it would never be replaced.
    const grace = Infinity
    const forms: readonly (readonly [string, (reach: () => void) => unknown])[] = [
      ['an async function', (reach) => (reach(), new Promise(() => {}))],
      [
        'an endless loop',
        (reach) => {
          reach()
          for (;;) currentTask()
        },
      ],
      [
        'a loop that only computes',
        (reach) => {
          reach()
          for (;;);
        },
      ],
    ]
    for (const [form, run] of place.has('endsLoops') ? forms : forms.slice(0, 1)) {
      const name = await pool.apply(nameOf)
      using gate = makeGate()
      using limit = holdTimers()
      void gate.reached().then(() => limit.strike())
      await assert.rejects(pool.apply(run, [gate.reach], { timeout: limit.ms, grace }), { code: 'MC_TASK_TIMEOUT' })
      const second = await pool.apply(nameOf)
      assert.notEqual(second, name, `${form}, after its time limit`)
      using again = makeGate()
      const controller = new AbortController()
      const aborted = pool.apply(run, [again.reach], { signal: controller.signal, grace })
      void again.reached().then(() => controller.abort(new Error('enough')))
      await assert.rejects(aborted, /enough/)
      const third = await pool.apply(nameOf)
      assert.notEqual(third, second, `${form}, aborted`)
      using mapGate = makeGate()
      const late = new AbortController()
      const mapped = pool.map(run, [mapGate.reach], { signal: late.signal, grace })
      void mapGate.reached().then(() => late.abort(new Error('enough')))
      await assert.rejects(mapped, /enough/)
      assert.notEqual(await pool.apply(nameOf), third, `${form}, its map aborted`)
    }
  })

  it('has no grace period because another item of its chunk has asked', async () => {
    const name = await pool.apply(nameOf)
    const controller = new AbortController()
    using gate = makeGate()
    const { reach } = gate
    const run = (n: number) => {
      if (n < 2) return currentTask().signal.aborted
      reach()
      return new Promise<boolean>(() => {})
    }
    const mapped = pool.map(run, [0, 1, 2, 3], { signal: controller.signal, grace: Infinity, chunkSize: 4 })
    void gate.reached().then(() => controller.abort())
    await assert.rejects(mapped, { name: 'AbortError' })
    assert.notEqual(await pool.apply(nameOf), name)
  })

  it('has no grace period because the task before it has asked', needs(place, 'endsLoops'), async () => {
    const name = await pool.apply(nameOf)
    // So long that it has begun by then: it can tell nobody.
    const timeout = await whatIsPlentyFor(pool, 1000)
    await pool.apply(() => currentTask().isCancelled)
    // Only computes, so that it runs without a context.
    const spin = () => {
      for (;;);
    }
    await assert.rejects(pool.apply(spin, [], { timeout, grace: Infinity }), { code: 'MC_TASK_TIMEOUT' })
    assert.notEqual(await pool.apply(nameOf), name)
  })

  it('loses its worker when it goes on after the grace period', needs(place, 'endsLoops'), async () => {
    const worker = await pool.apply(() => ({ name: currentProcess().name, pid: process.pid }))
    const deaf = () => {
      for (;;) void currentTask().isCancelled
    }
    await assert.rejects(pool.apply(deaf, [], { timeout: 50, grace: 100 }), { code: 'MC_TASK_TIMEOUT' })
    assert.notEqual(await pool.apply(nameOf), worker.name)
    if (place.has('diesAlone')) assert.throws(() => process.kill(worker.pid, 0))
  })

  it('is told when nobody reads the stream any more that it belongs to', async () => {
    const name = await pool.apply(nameOf)
    const wait = (n: number) =>
      n === 0 ? n : new Promise((resolve) => currentTask().signal.addEventListener('abort', () => resolve(n)))
    for await (const n of pool.imap(wait, [0, 1, 2], { chunkSize: 1 })) {
      assert.equal(n, 0)
      break
    }
    assert.equal(await pool.apply(nameOf), name)
  })
})
