import assert from 'node:assert/strict'
import { appendFileSync, existsSync, mkdirSync } from 'node:fs'
import { before, describe, it } from 'node:test'
import { TimeoutError, WorkerCrashedError } from 'manycore'
import { faultBench } from './fault-bench.js'
import { checkCrash, outcomeOf, POISON } from './fault-checks.js'
import { faultsIn } from './faults.js'

describe('faults on a large transfer', () => {
  const faults = faultsIn('process')
  const bench = faultBench('process')

  describe('while 20 MB are half sent', () => {
    const pool = bench.shared()
    const BYTES = 20_000_000
    let limitMs = NaN
    before(async () => {
      const echo = (bytes: Uint8Array) => bytes
      await pool().apply(echo, [new Uint8Array(1)])
      const startMs = performance.now()
      await pool().apply(echo, [new Uint8Array(BYTES)])
      limitMs = Math.max(1000, Math.ceil(5 * (performance.now() - startMs)))
    })

    for (const fault of faults.filter(({ effect }) => effect !== 'throws')) {
      it(`#230 to the worker: ${fault.name} costs no more than that task, which never began`, async () => {
        const flag = bench.newFile()
        const log = bench.newFile()
        const { strike } = fault
        // In the turns between two reads of the worker.
        const pids = new Set<number>()
        const arm = async () => {
          const look = (): void => {
            if (existsSync(flag)) strike()
            else setImmediate(look)
          }
          look()
          return process.pid
        }
        const settled: Promise<unknown>[] = []
        pids.add(await pool().apply(arm))
        const big = (bytes: Uint8Array, n: number) => {
          appendFileSync(log, `${n}\n`)
          return bytes.length
        }
        const timeout = fault.effect === 'stuck' ? limitMs : undefined
        // One for each worker, as it is not told which gets it.
        for (const n of [0, 1]) settled.push(outcomeOf(pool().apply(big, [new Uint8Array(BYTES), n], { timeout })))
        mkdirSync(flag)
        const outcomes = await Promise.all(settled)
        const failed = outcomes.filter((one) => one !== BYTES)
        assert.ok(failed.length <= 1, String(failed[0]))
        for (const error of failed) {
          if (fault.effect === 'stuck') assert.ok(error instanceof TimeoutError)
          else assert.ok(error instanceof WorkerCrashedError)
        }
        const counts = bench.began()
        assert.equal(new Set(counts).size, counts.length, 'nothing ran twice')
      })

      it(`#230 to the owner: ${fault.name} costs no more than that task`, async () => {
        const log = bench.newFile()
        const { strike } = fault
        const run = (n: number) => {
          appendFileSync(log, `${n}\n`)
          if (n !== POISON) return n * 2
          setImmediate(strike)
          return new Uint8Array(BYTES)
        }
        const items = Array.from({ length: 6 }, (_, n) => n)
        const timeout = fault.effect === 'stuck' ? limitMs : undefined
        const results = await pool().map(run, items, { onError: 'settle', timeout })
        for (const [n, one] of results.entries()) {
          if (one.status === 'rejected') {
            if (fault.effect === 'stuck') assert.ok(one.reason instanceof TimeoutError)
            else checkCrash(one.reason, fault, n)
            assert.ok(fault.effect === 'dies later' || fault.effect === 'stuck' || n === POISON, `item ${n} failed`)
          } else
            assert.equal(typeof one.value === 'number' ? one.value : one.value.length, n === POISON ? BYTES : n * 2)
        }
        assert.ok(results.filter(({ status }) => status === 'rejected').length <= 1)
        assert.deepEqual(bench.began(), items, 'each item ran once')
      })
    }
  })
})
