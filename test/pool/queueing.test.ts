import assert from 'node:assert/strict'
import { after, it } from 'node:test'
import { Pool, currentProcess, type Task } from 'manycore'
import { onEachBackend, sudden } from '../support/on-backends.js'
import { makeGate } from '../support/meeting.ts'

const sleepMs = (ms: number): Promise<number> => new Promise((resolve) => setTimeout(resolve, ms, ms))

async function isRunning(task: Task<unknown>): Promise<void> {
  while (task.state !== 'running') await sleepMs(2)
}

onEachBackend('what waits', (place) => {
  const { backend } = place
  const end = sudden(place)
  it('goes by priority, and by the order of the calls among equals', async () => {
    await using pool = new Pool({ backend, processes: 1 })
    using gate = makeGate()
    const running = pool.apply(gate.pass)
    await gate.reached()
    const order: string[] = []
    const call = (name: string, priority?: number) =>
      pool.apply((text: string) => text, [name], { priority }).then((text) => order.push(text))
    const all = [call('low', -1), call('usual 1'), call('high 1', 5), call('usual 2'), call('high 2', 5)]
    const mapped = pool.map((n: number) => n, [1], { priority: 1 }).then(() => order.push('map'))
    gate.open()
    await Promise.all([running, ...all, mapped])
    assert.deepEqual(order, ['high 1', 'high 2', 'map', 'usual 1', 'usual 2', 'low'])
    assert.throws(() => pool.apply(sleepMs, [1], { priority: NaN }), { code: 'MC_ARGUMENT_INVALID' })
  })

  it('with a key goes to one worker, in the order of the calls, until that is gone', async () => {
    await using pool = new Pool({ backend, processes: 3 })
    const visit = async (key: string) => {
      const { name } = currentProcess()
      const all = ((globalThis as { seen?: Record<string, Record<string, number>> }).seen ??= {})
      const seen = (all[name] ??= {})
      await new Promise((resolve) => setTimeout(resolve, 2))
      seen[key] = (seen[key] ?? 0) + 1
      return [name, seen[key]] as const
    }
    const keys = ['ada', 'bob', 'cy', 'dan', 'eve']
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, n) => pool.apply(visit, [keys[n % 5] as string], { key: keys[n % 5] })),
    )
    for (const [at, key] of keys.entries()) {
      const own = results.filter((_, n) => n % 5 === at)
      assert.equal(new Set(own.map(([name]) => name)).size, 1, key)
      assert.deepEqual(
        own.map(([, count]) => count),
        Array.from({ length: 10 }, (_, n) => n + 1),
      )
    }
    await assert.rejects(pool.apply(end, [], { key: 'ada' }), { code: 'MC_WORKER_CRASHED' })
    const [after] = await pool.apply(visit, ['ada'], { key: 'ada' })
    assert.notEqual(after, results[0]?.[0])
    assert.throws(() => pool.apply(sleepMs, [1], { key: {} as string }), { code: 'MC_ARGUMENT_INVALID' })
  })

  it('with a key goes on in another worker only when the one that gets nothing new is done with it', async () => {
    for (const isShrunk of [true, false]) {
      await using pool = new Pool({ backend, processes: 2, maxTasksPerWorker: isShrunk ? undefined : 1 })
      using gate = makeGate()
      using other = makeGate()
      const keeping = isShrunk ? pool.apply(other.pass) : undefined
      if (isShrunk) await other.reached()
      const order: string[] = []
      const call = (text: string) =>
        pool.apply((sent: string) => sent, [text], { key: 1 }).then((sent) => order.push(sent))
      const first = pool.apply(gate.pass, [], { key: 1 }).then(() => order.push('first'))
      await gate.reached()
      const all = [first, call('second'), call('third')]
      if (isShrunk) pool.resize(1)
      other.open()
      await keeping
      // The other worker has nothing else to do.
      for (let n = 0; n < 3; n++) await pool.apply(sleepMs, [1])
      assert.deepEqual(order, [])
      gate.open()
      await Promise.all(all)
      assert.deepEqual(order, ['first', 'second', 'third'])
    }
  })

  it('with a key does not keep other tasks from workers that are free', async () => {
    await using pool = new Pool({ backend, processes: 2 })
    using gate = makeGate()
    const blocking = pool.apply(gate.pass, [], { key: 1 })
    const behind = pool.apply(sleepMs, [1], { key: 1 })
    await isRunning(blocking)
    const free = pool.apply(sleepMs, [1])
    await free
    assert.deepEqual([blocking.state, behind.state], ['running', 'waiting'])
    gate.open()
    await Promise.all([blocking, behind])
  })
})

onEachBackend('maxQueue', ({ backend }) => {
  const pool = new Pool({ backend, processes: 1, maxQueue: 3 })
  after(() => pool.terminate())

  it('refuses more calls than may wait', async () => {
    using gate = makeGate()
    const running = pool.apply(gate.pass)
    await gate.reached()
    const waiting = [1, 2, 3].map((ms) => pool.apply(sleepMs, [ms]))
    assert.throws(() => pool.apply(sleepMs, [1]), { code: 'MC_POOL_FULL' })
    gate.open()
    await running
    assert.deepEqual(await Promise.all(waiting), [1, 2, 3])
    assert.throws(() => new Pool({ maxQueue: 0 }), { code: 'MC_ARGUMENT_INVALID' })
  })

  it('room() holds back any number of producers until there is some', async () => {
    const done: Promise<number>[] = []
    const produce = async (first: number) => {
      for (let n = first; n < first + 25; n++) {
        await pool.room()
        done.push(pool.apply((m: number) => m, [n]))
      }
    }
    await Promise.all([produce(0), produce(25), produce(50), produce(75)])
    const sorted = (await Promise.all(done)).sort((a, b) => a - b)
    assert.deepEqual(
      sorted,
      Array.from({ length: 100 }, (_, n) => n),
    )
  })

  it('room() does not hang when the pool ends', async () => {
    const own = new Pool({ backend, processes: 1, maxQueue: 1 })
    // No timer, which would live on inline.
    const running = own.apply(() => new Promise<number>(() => {}))
    await isRunning(running)
    const waiting = own.apply(sleepMs, [1])
    const over = [running, waiting].map((task) => assert.rejects(task, { code: 'MC_TASK_CANCELLED' }))
    const room = own.room()
    await own.terminate()
    await room
    assert.throws(() => own.apply(sleepMs, [1]), { code: 'MC_POOL_CLOSED' })
    await Promise.all(over)
  })
})
