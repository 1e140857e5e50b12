import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Pool, WorkerCrashedError, currentProcess, type PoolOptions } from 'manycore'
import { needs, onEachBackend } from '../support/on-backends.js'
import { makeGate } from '../support/meeting.ts'
import { whatIsPlentyFor } from '../support/pace.ts'
import { fewLeft } from '../support/processes.ts'
import { startProgram } from '../support/run-program.ts'

const MIB = 2 ** 20

onEachBackend('a worker that holds too much memory', (place) => {
  const { backend } = place
  const hoard = (bytes: number): number => {
    const held = globalThis as { hoard?: Buffer[] }
    held.hoard ??= []
    held.hoard.push(Buffer.alloc(bytes, 1))
    return process.pid
  }

  it('#240 is replaced after its task, which keeps its result', needs(place, 'isMeasured'), async () => {
    await using pool = new Pool({ backend, processes: 1, maxMemory: 200 * MIB })
    const small = [await pool.apply(hoard, [1]), await pool.apply(hoard, [1])]
    assert.equal(small[0], small[1])
    assert.equal(await pool.apply(hoard, [200 * MIB]), small[0])
    assert.notEqual(await pool.apply(hoard, [1]), small[0])
    const pids = await pool.map(hoard, [300 * MIB, 1, 300 * MIB, 1], { chunkSize: 1 })
    assert.equal(pids.length, 4)
    assert.ok(new Set(pids).size >= 2)
  })

  it('#240 already before its first task does that one and is replaced then', needs(place, 'isMeasured'), async () => {
    await using pool = new Pool({ backend, processes: 1, maxMemory: 1, initializer: hoard, initializerArgs: [1] })
    const pids = await pool.map(hoard, [1, 1, 1], { chunkSize: 1 })
    assert.ok(new Set(pids).size >= 2)
  })

  it('#240 that has no heap left fails its task, and the pool lives', needs(place, 'fallsAlone'), async () => {
    const heap = place.has('isProcess')
      ? { execArgv: ['--max-old-space-size=40'] }
      : { resourceLimits: { maxOldGenerationSizeMb: 40 } }
    await using pool = new Pool({ backend, processes: 1, ...heap })
    const exhaust = (): void => {
      const all: unknown[] = []
      for (;;) all.push(Array.from({ length: 1000 }).map((_, n) => ({ n })))
    }
    await assert.rejects(pool.apply(exhaust), (error: WorkerCrashedError) => {
      assert.match(error.message, /ran out of heap memory/)
      return true
    })
    assert.equal(await pool.apply(() => 1), 1)
  })
})

onEachBackend('a worker that gives no sign of life', (place) => {
  const { backend } = place
  it('#239 because it was stopped is killed and replaced', needs(place, 'isProcess'), async () => {
    const stallTimeout = await stallTimeoutOfNow(backend)
    await using pool = new Pool({ backend, processes: 1, stallTimeout })
    const pid = await pool.apply(() => process.pid)
    const task = pool.apply(() => process.kill(process.pid, 'SIGSTOP'))
    await assert.rejects(task, {
      code: 'MC_WORKER_CRASHED',
      message: new RegExp(`no sign of life for ${stallTimeout} ms`),
    })
    const next = await pool.apply(() => process.pid)
    assert.notEqual(next, pid)
    // Also one that has nothing to do.
    process.kill(next, 'SIGSTOP')
    await fewLeft([next], 0)
    assert.equal(await pool.apply(() => 1), 1)
  })

  it(
    '#239 because its event loop is blocked is killed and replaced; one that waits is not',
    needs(place, 'endsLoops'),
    async () => {
      await using pool = new Pool({ backend, processes: 2, stallTimeout: await stallTimeoutOfNow(backend) })
      using gate = makeGate()
      const waiting = pool.apply(gate.pass)
      await gate.reached()
      using other = makeGate()
      const { reach } = other
      // It began to wait before each of them. What they note makes sure that they are not tried again and again.
      for (let n = 0; n < 2; n++) {
        const spinning = pool.apply(() => {
          reach()
          for (;;) continue
        })
        await assert.rejects(spinning, { code: 'MC_WORKER_CRASHED', message: /event loop is blocked/ })
      }
      gate.open()
      await waiting
    },
  )

  it(
    '#239 by a function that only computes, of which nobody notes what began, is tried twice',
    needs(place, 'endsLoops'),
    async () => {
      await using pool = new Pool({
        backend,
        processes: 1,
        stallTimeout: await stallTimeoutOfNow(backend),
      })
      const first = await pool.apply(() => currentProcess().name)
      const endless = (n: number): number => {
        while (n === 1) continue
        return n
      }
      const settled = await pool.map(endless, [0, 1, 2], { onError: 'settle' })
      assert.deepEqual(
        settled.map(({ status }) => status),
        ['fulfilled', 'rejected', 'fulfilled'],
      )
      const { reason } = settled[1] as PromiseRejectedResult
      assert.ok(reason instanceof WorkerCrashedError)
      assert.equal(numberOf(reason.worker), numberOf(first) + 1)
    },
  )
})

function numberOf(worker: string): number {
  return Number(/\d+$/.exec(worker)?.[0])
}

async function stallTimeoutOfNow(backend: 'process' | 'thread' | 'inline'): Promise<number> {
  await using pool = new Pool({ backend, processes: 1 })
  return await whatIsPlentyFor(pool, 1000)
}

onEachBackend('the state of workers over several calls', ({ backend }) => {
  // Inline workers have one globalThis, but each a name.
  const count = (): number => {
    const kept = globalThis as { counts?: Record<string, number> }
    const counts = (kept.counts ??= {})
    const { name } = currentProcess()
    counts[name] = (counts[name] ?? 0) + 1
    return counts[name]
  }

  it('#247 is kept', async () => {
    await using pool = new Pool({ backend, processes: 1, name: 'Kept' })
    assert.deepEqual(await pool.map(count, [0, 0, 0]), [1, 2, 3])
    assert.equal(await pool.apply(count), 4)
  })

  it('#247 is fresh with keepAlive: false, once nothing was pending', async () => {
    await using pool = new Pool({ backend, processes: 1, keepAlive: false, name: 'Fresh' })
    for (let round = 0; round < 2; round++) assert.deepEqual(await pool.map(count, [0, 0, 0]), [1, 2, 3])
    assert.equal(await pool.apply(count), 1)
    const both = await Promise.all([pool.apply(count), pool.map(count, [0, 0])])
    assert.deepEqual(both, [1, [2, 3]])
  })
})

describe('a pool that was dropped', () => {
  it('#212 and collected as garbage ends its workers and warns, once', async () => {
    const ran = await startProgram('pool/collected', [], { execArgv: ['--expose-gc', '--no-warnings'] }).ended
    assert.deepEqual(
      [ran.code, ran.stdout],
      [0, 'ManycoreWarning A Pool was dropped without close() or terminate()\ngone\n'],
    )
  })
})

describe('the options of workers', () => {
  it('are checked at the call', () => {
    const wrong: unknown[] = [{ maxMemory: 0 }, { maxMemory: 1.5 }, { stallTimeout: 0 }, { keepAlive: 1 }]
    wrong.push({ maxMemory: MIB, backend: 'thread' })
    for (const options of wrong) assert.throws(() => new Pool(options as PoolOptions), { code: 'MC_ARGUMENT_INVALID' })
  })
})
