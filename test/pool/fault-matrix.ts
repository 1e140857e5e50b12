import assert from 'node:assert/strict'
import { appendFileSync, existsSync, mkdirSync } from 'node:fs'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type BackendName, Pool } from 'manycore'
import { Cargo } from './cargo.js'
import { faultBench, type FaultBench } from './fault-bench.js'
import { checkAll, checkCrash, checkFailure, checkOnce, COUNT, outcomeOf, POISON } from './fault-checks.js'
import { FAULTS, faultsIn, type Fault, reason, workerPids } from './faults.js'

/**
 * Every fault at every place of a task's way that lies in the worker. The places that lie with the owner are in
 * {@link file://./owner-faults.test.ts}, transfers that are cut in {@link file://./cut-transfers.test.ts}.
 */
export function faultMatrix(backend: BackendName): void {
  const faults = faultsIn(backend)
  const bench = faultBench(backend)
  const hasBegun = (): boolean => bench.began().includes(POISON)

  for (const fault of FAULTS) {
    const why = reason(backend, fault)
    if (why !== undefined) it(fault.name, { skip: `not with backend '${backend}': ${why}` }, () => {})
  }

  describe('while the task runs', () => {
    const pool = bench.shared()
    for (const fault of faults) {
      it(`#230 #231 ${fault.name} costs the item that ran`, async () => {
        const { strike } = fault
        const log = bench.newFile()
        const run = async (n: number) => {
          appendFileSync(log, `${n}\n`)
          if (n !== POISON) return n * 2
          strike()
          await new Promise(() => setTimeout(() => {}, 60_000))
          return 0
        }
        const items = Array.from({ length: COUNT }, (_, n) => n)
        const options = { chunkSize: 6, onError: 'settle', timeout: bench.limitOf(fault) } as const
        const results = await bench.endStuck(fault, pool(), COUNT, () => pool().map(run, items, options), hasBegun)
        checkAll(results, fault, 'map(run)', true)
        assert.deepEqual(bench.began(), items, 'each item ran once')
        await fromCallback(bench, pool(), fault, run)
      })
    }
  })

  describe('while the worker deserializes', () => {
    const pool = bench.shared()
    for (const fault of faults) {
      it(`#230 ${fault.name} costs the item that arrived`, async () => {
        const log = bench.newFile()
        const run = (item: number | Cargo) => {
          const n = typeof item === 'number' ? item : item.n
          appendFileSync(log, `${n}\n`)
          return n * 2
        }
        const cargo = new Cargo(POISON, 'arriving', fault.name)
        const items = Array.from({ length: COUNT }, (_, n) => (n === POISON ? cargo : n))
        const options = { chunkSize: 6, onError: 'settle', timeout: bench.limitOf(fault) } as const
        const results = await bench.endStuck(fault, pool(), COUNT, () => pool().map(run, items, options))
        checkAll(results, fault, 'map(run)')
        checkOnce(bench.began(), fault.effect === 'dies later' ? undefined : POISON)
        await fromCallback(bench, pool(), fault, run, cargo)
      })
    }
  })

  describe('while the worker serializes the result', () => {
    const pool = bench.shared()
    for (const fault of faults) {
      it(`#230 ${fault.name} costs the item that had run`, async () => {
        const log = bench.newFile()
        // What it captures tells the worker how such instances travel.
        const { name } = fault
        const harmless = new Cargo(0, 'none', '')
        const run = (n: number) => {
          appendFileSync(log, `${n}\n`)
          return n === POISON ? new Cargo(n, 'returning', name) : n * 2 + harmless.n
        }
        const items = Array.from({ length: COUNT }, (_, n) => n)
        const options = { chunkSize: 6, onError: 'settle', timeout: bench.limitOf(fault) } as const
        const results = await bench.endStuck(fault, pool(), COUNT, () => pool().map(run, items, options), hasBegun)
        checkAll(results, fault, 'map(run)')
        assert.deepEqual(bench.began(), items, 'each item ran once')
        await fromCallback(bench, pool(), fault, run)
      })
    }
  })

  describe('in the initializer of one worker', () => {
    for (const fault of faults) {
      it(`#230 ${fault.name} costs no item, and another worker is made ready`, async () => {
        const flag = bench.newFile()
        const log = bench.newFile()
        const { strike } = fault
        const pool = new Pool({
          processes: fault.effect === 'stuck' ? 1 : 2,
          initializerTimeout: bench.limitOf(fault),
          ...bench.smallHeap,
          initializer: () => {
            try {
              mkdirSync(flag)
            } catch {
              return
            }
            strike()
          },
        })
        const run = (n: number) => {
          appendFileSync(log, `${n}\n`)
          return n * 2
        }
        const items = Array.from({ length: COUNT }, (_, n) => n)
        const mapped = pool.map(run, items, { chunkSize: 2, onError: 'settle' })
        if (fault.effect === 'stuck') {
          while (!existsSync(flag) || bench.limit.waiting !== 1) await sleep(5)
          bench.limit.strike()
        }
        const results = await mapped
        checkAll(results, fault, 'map(run)', false, 0)
        assert.deepEqual(bench.began(), items, 'each item ran once')
        pool.close()
        await pool.join()
        assert.deepEqual(workerPids(), [])
      })

      if (fault.effect === 'dies later') continue
      it(`#236 ${fault.name} in every worker breaks the pool by name`, async () => {
        const log = bench.newFile()
        const { strike } = fault
        const prepare = () => {
          appendFileSync(log, '1\n')
          strike()
        }
        const initializerTimeout = fault.effect === 'stuck' ? 300 : undefined
        const pool = new Pool({ processes: 2, initializerTimeout, ...bench.smallHeap, initializer: prepare })
        const outcomes = await Promise.allSettled([pool.apply(() => 1), pool.map(String, [1, 2])])
        for (const one of outcomes) {
          assert.ok(one.status === 'rejected')
          const { code, message, cause } = one.reason as { code: string; message: string; cause: unknown }
          assert.equal(code, 'MC_WORKER_INITIALIZER')
          assert.match(message, /initializer prepare\(\) failed in worker PoolWorker-\d+: /)
          if (fault.effect === 'throws') assert.ok(cause instanceof RangeError)
          else if (fault.effect === 'stuck') assert.match(message, /300 ms/)
          else checkCrash(cause, fault)
        }
        await pool.join()
        assert.ok(bench.began().length <= 5, `${bench.began().length} tries`)
        assert.deepEqual(workerPids(), [])
      })
    }
  })
}

/** The same from inside a callback, among neighbours. */
async function fromCallback(
  bench: FaultBench,
  pool: Pool,
  fault: Fault,
  run: (item: never) => unknown,
  poison: unknown = POISON,
): Promise<void> {
  const options = { timeout: bench.limitOf(fault) }
  const work = (): Promise<unknown[]> =>
    Promise.all([poison, 100, 101].map((item) => outcomeOf(pool.apply(run, [item as never], options))))
  const [struck, ...others] = await pool.apply(() => 0).then(() => bench.endStuck(fault, pool, 3, work))
  const lost = others.filter((one, at) => one !== 2 * (100 + at))
  if (fault.effect === 'dies later') {
    assert.ok(lost.length <= 1)
    for (const one of lost) checkCrash(one, fault)
  } else {
    assert.deepEqual(lost, [])
    checkFailure(struck, fault, undefined, 'run()')
  }
  const counts = bench.began().filter((n) => n >= 100)
  assert.deepEqual(counts, [100, 101], 'the neighbours ran once')
}
