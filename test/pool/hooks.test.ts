import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, it } from 'node:test'
import { Pool, currentProcess, currentWorker, type ManycoreError, type PoolOptions } from 'manycore'
import { needs, onEachBackend, sudden } from '../support/on-backends.js'
import { expectTypeOf } from 'expect-type'
import { holdTimers } from '../support/held-timers.ts'
import { inEachOf, makeGate } from '../support/meeting.ts'

const open = async (word: string) => {
  const calls: number[] = []
  // Neither could travel.
  return { word, calls, socket: process.stdout, add: (n: number): number => calls.push(n) }
}

onEachBackend('the state of a worker', ({ backend }) => {
  it('#201 is what the initializer returned there, and need not be able to travel', async () => {
    await using pool = new Pool({ backend, processes: 2, initializer: open, initializerArgs: ['ready'] })
    const use = async (n: number) => {
      const { state } = currentWorker<typeof open>()
      expectTypeOf(state.word).toEqualTypeOf<string>()
      return [state.word, state.add(n), state.socket === process.stdout] as const
    }
    assert.deepEqual(await pool.apply(use, [1]), ['ready', 1, true])
    assert.deepEqual(await pool.apply(use, [2]), ['ready', 2, true])
    assert.ok((await pool.map(use, [1, 2, 3, 4])).every(([word]) => word === 'ready'))
  })

  it('comes with the name, the place, the pid and the number of tasks of the worker', async () => {
    await using pool = new Pool({ backend, processes: 2, name: 'Clerk' })
    const look = () => {
      const { name, index, pid, threadId, tasks, state } = currentWorker()
      return { name, index, tasks, own: pid === process.pid, thread: threadId > 0, state }
    }
    const first = await pool.apply(look)
    assert.match(first.name, /^Clerk-\d+$/)
    const { name: _, ...rest } = first
    assert.deepEqual(rest, { index: 0, tasks: 0, own: true, thread: backend === 'thread', state: undefined })
    assert.equal((await pool.apply(look)).tasks, 1)
    const both = await inEachOf(pool, 2, look)
    assert.deepEqual(new Set(both.map(({ index }) => index)), new Set([0, 1]))
    const all = await pool.map(look, Array.from({ length: 40 }), { chunkSize: 1 })
    assert.equal(new Set(all.map(({ name, tasks }) => `${name} ${tasks}`)).size, 40)
  })

  it('is taken over, with the place, by nobody: the worker that replaces another one makes its own', async () => {
    await using pool = new Pool({
      backend,
      processes: 1,
      initializer: () => ({ of: currentProcess().name }),
      maxTasksPerWorker: 1,
    })
    const look = () =>
      [currentWorker<{ of: string }>().state.of === currentProcess().name, currentWorker().index] as const
    for (let n = 0; n < 3; n++) assert.deepEqual(await pool.apply(look), [true, 0])
  })

  it('is one for each worker', async () => {
    await using pool = new Pool({ backend, processes: 2, initializer: open, initializerArgs: [backend] })
    const use = () => {
      const { state, index } = currentWorker<typeof open>()
      return `${state.word} ${index} ${state.add(0)}`
    }
    assert.deepEqual((await inEachOf(pool, 2, use)).sort(), [`${backend} 0 1`, `${backend} 1 1`])
    assert.deepEqual((await inEachOf(pool, 2, use)).sort(), [`${backend} 0 2`, `${backend} 1 2`])
  })

  it('does not exist outside of a worker', () => {
    const { name, pid, index, tasks, state } = currentWorker()
    assert.deepEqual([name, pid, index, tasks, state], ['MainProcess', process.pid, 0, 0, undefined])
  })
})

onEachBackend('the exit hook', (place) => {
  const { backend } = place
  const end = sudden(place)
  let folder: string
  before(() => (folder = mkdtempSync(join(tmpdir(), 'manycore-hooks-'))))
  after(() => rmSync(folder, { recursive: true }))

  it('runs once in each worker after its last task, with its state, and its results are collected', async () => {
    const pool = new Pool({
      backend,
      processes: 2,
      initializer: open,
      initializerArgs: ['x'],
      onExit: async () => {
        await new Promise((resolve) => setTimeout(resolve, 20))
        return [currentWorker<typeof open>().state.calls.length, currentWorker().tasks]
      },
    })
    const use = () => currentWorker<typeof open>().state.add(1)
    await inEachOf(pool, 2, use)
    await pool.map(use, Array.from({ length: 48 }), { chunkSize: 1 })
    assert.deepEqual(pool.exitResults, [])
    pool.close()
    await pool.join()
    const results = pool.exitResults as [number, number][]
    assert.equal(results.length, 2)
    assert.equal(results[0]![0] + results[1]![0], 50)
    for (const [calls, tasks] of results) assert.equal(calls, tasks)
  })

  it('runs in a worker that is retired or is one too many, and not in one that is killed', async () => {
    const file = join(folder, 'ended')
    appendFileSync(file, '')
    const onExit = () => appendFileSync(file, `${currentProcess().name}\n`)
    const lines = () => readFileSync(file, 'utf8').trim().split('\n')
    const pool = new Pool({ backend, processes: 1, maxTasksPerWorker: 1, onExit })
    const names = [await pool.apply(() => currentProcess().name), await pool.apply(() => currentProcess().name)]
    assert.equal(lines()[0], names[0])
    await assert.rejects(pool.apply(end), { code: 'MC_WORKER_CRASHED' })
    pool.close()
    await pool.join()
    assert.deepEqual(lines(), names)
    const other = new Pool({ backend, processes: 1, onExit })
    await other.apply(() => 1)
    await other.terminate()
    assert.deepEqual(lines(), names)
  })

  it('that fails costs nothing but makes join() say so', async () => {
    for (const onExit of [
      () => {
        throw new TypeError('cannot say goodbye')
      },
      () => process.exit(7),
    ]) {
      const pool = new Pool({ backend, processes: 1, maxTasksPerWorker: 1, onExit })
      assert.deepEqual(await pool.map((n: number) => n, [1, 2, 3]), [1, 2, 3])
      pool.close()
      await assert.rejects(pool.join(), (error: ManycoreError) => {
        assert.equal(error.code, 'MC_WORKER_EXIT_HOOK')
        assert.ok(error.cause instanceof TypeError || (error.cause as ManycoreError).code === 'MC_WORKER_CRASHED')
        return true
      })
      await assert.rejects(pool.join(10_000), { code: 'MC_WORKER_EXIT_HOOK' })
      assert.deepEqual(pool.exitResults, [])
    }
  })

  it('#244 has a time limit of its own', needs(place, 'endsLoops'), async () => {
    const pool = new Pool({
      backend,
      processes: 1,
      onExitTimeout: 50,
      onExit: () => {
        for (;;) continue
      },
    })
    assert.equal(await pool.apply(() => 1), 1)
    pool.close()
    await assert.rejects(pool.join(), { code: 'MC_WORKER_EXIT_HOOK', message: /exit hook onExit\(\).*50 ms/s })
  })
})

onEachBackend('the initializer', (place) => {
  const { backend } = place
  it('#244 has a time limit of its own, and a bounded number of tries', async () => {
    let tries = 0
    const server = await import('node:fs')
    const file = join(tmpdir(), `manycore-tries-${process.pid}`)
    // A slow machine may have begun none of them when their time is up.
    writeFileSync(file, '')
    const initializer = async () => {
      appendFileSync(file, 'x')
      await new Promise(() => {})
    }
    const pool = new Pool({ backend, processes: 2, initializer, initializerTimeout: 100 })
    await assert.rejects(
      pool.apply(() => 1),
      { code: 'MC_WORKER_INITIALIZER', message: /initializer initializer\(\).*100 ms/s },
    )
    assert.throws(() => pool.apply(() => 1), { code: 'MC_POOL_BROKEN' })
    await pool.terminate()
    tries = server.readFileSync(file, 'utf8').length
    server.rmSync(file)
    assert.ok(tries <= 5, `${tries} tries`)
  })

  it(
    '#236 that leaves something behind which ends its worker again and again makes no storm of workers',
    needs(place, 'fallsAlone'),
    async () => {
      const file = join(tmpdir(), `manycore-storm-${process.pid}`)
      writeFileSync(file, '')
      const initializer = () => {
        appendFileSync(file, `${performance.timeOrigin + performance.now()}\n`)
        setTimeout(() => process.exit(3), 1)
      }
      const startMs = performance.timeOrigin + performance.now()
      const pool = new Pool({ backend, processes: { min: 1, max: 1 }, initializer })
      const starts = () => readFileSync(file, 'utf8').trim().split('\n').map(Number)
      while (starts().length < 7) await new Promise((resolve) => setTimeout(resolve, 10))
      await pool.terminate()
      const [first, , , , , , seventh] = starts()
      rmSync(file)
      // After four in a row that were of no use, each has to wait twice as long as the one before: 100 + 200 + 400 ms.
      assert.ok(Number(first) >= startMs - 1)
      const tookMs = Number(seventh) - Number(first)
      assert.ok(tookMs >= 690, `seven starts within ${tookMs} ms`)
    },
  )

  it('and its options are checked at the call', () => {
    const wrong: unknown[] = [{ onExit: 1 }, { onExitTimeout: 0 }, { initializerTimeout: -1 }, { onExitTimeout: '1' }]
    for (const options of wrong) assert.throws(() => new Pool(options as PoolOptions), { code: 'MC_ARGUMENT_INVALID' })
  })
})

onEachBackend('the exit hook of a worker that holds what nobody waits for any more', (place) => {
  const { backend } = place

  it('runs when that is over', async () => {
    // So long is it given, which may be too little for a machine that has more to do.
    using _limit = holdTimers(1000)
    const pool = new Pool({ backend, processes: 1, onExit: () => 'the end' })
    using gate = makeGate()
    const { pass } = gate
    const slow = async (n: number) => {
      if (n === 1) await pass()
      return n
    }
    for await (const n of pool.imap(slow, [0, 1], { chunkSize: 1 })) {
      assert.equal(n, 0)
      break
    }
    await gate.reached()
    pool.close()
    gate.open()
    await pool.join()
    assert.deepEqual(pool.exitResults, ['the end'])
  })

  it('does not hold up its pool when that is never over', needs(place, 'endsLoops'), async () => {
    const pool = new Pool({ backend, processes: 1, onExit: () => 'the end' })
    using gate = makeGate()
    const { reach } = gate
    const spin = (n: number) => {
      if (n === 0) return n
      reach()
      for (;;);
    }
    for await (const n of pool.imap(spin, [0, 1], { chunkSize: 1 })) {
      assert.equal(n, 0)
      break
    }
    await gate.reached()
    pool.close()
    await pool.join()
    assert.deepEqual(pool.exitResults, [])
  })
})
