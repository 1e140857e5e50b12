import assert from 'node:assert/strict'
import { appendFileSync, existsSync, mkdirSync } from 'node:fs'
import { describe, it } from 'node:test'
import { TimeoutError, WorkerCrashedError } from 'manycore'
import { faultBench } from './fault-bench.js'
import { checkCrash, outcomeOf, POISON } from './fault-checks.js'
import { FAULTS, faultsIn, reason } from './faults.js'

const BYTES = 100_000_000
// In Node 26 buffers that were not collected yet count for the heap of a thread.
const HEAP_MB = 128

// A process reads a long buffer piece by piece, so that half of it has arrived when the fault strikes. A thread is given
// the memory in one message: it is on its way as long as the thread has not taken it.
for (const [backend, half] of [
  ['process', 'half sent'],
  ['thread', 'on their way'],
] as const) {
  describe(`faults on a large transfer, backend '${backend}'`, () => {
    const bench = faultBench(backend, HEAP_MB)
    const pool = bench.shared()

    for (const fault of FAULTS) {
      const why = reason(backend, fault)
      if (why !== undefined) it(fault.name, { skip: `not with backend '${backend}': ${why}` }, () => {})
    }

    for (const fault of faultsIn(backend).filter(({ effect }) => effect !== 'throws')) {
      it(`#230 ${fault.name} while 100 MB are ${half} to the worker costs that task, which never began`, async () => {
        const flag = bench.newFile()
        const log = bench.newFile()
        const { strike } = fault
        const arm =
          backend === 'process'
            ? // In the turns between two reads of the worker.
              () => {
                const look = (): void => {
                  if (existsSync(flag)) strike()
                  else setImmediate(look)
                }
                look()
              }
            : // In the turn before it takes the next message.
              () => {
                setImmediate(() => {
                  while (!existsSync(flag)) continue
                  strike()
                })
              }
        await pool().apply(arm)
        const big = (bytes: Uint8Array, n: number) => {
          appendFileSync(log, `${n}\n`)
          return bytes.length
        }
        // One for each worker, as it is not told which gets it.
        const timeout = bench.limitOf(fault)
        const outcomes = await bench.endStuck(fault, pool(), 2, () => {
          const tasks = [0, 1].map((n) => outcomeOf(pool().apply(big, [new Uint8Array(BYTES), n], { timeout })))
          // The first write comes with the end of this turn.
          void Promise.resolve().then(() => mkdirSync(flag))
          return Promise.all(tasks)
        })
        const failed = outcomes.flatMap((one, n) => (one === BYTES ? [] : [n]))
        if (fault.effect === 'dies later') assert.ok(failed.length <= 1, String(outcomes))
        else assert.equal(failed.length, 1, String(outcomes))
        for (const n of failed) {
          const error = outcomes[n]
          if (fault.effect === 'stuck') {
            assert.ok(error instanceof TimeoutError)
            assert.equal(error.code, 'MC_TASK_TIMEOUT')
          } else {
            assert.ok(error instanceof WorkerCrashedError, String(error))
            checkCrash(error, fault)
          }
        }
        const ran = [0, 1].filter((n) => fault.effect === 'dies later' || !failed.includes(n))
        const began = bench.began()
        assert.equal(new Set(began).size, began.length, 'nothing ran twice')
        if (fault.effect === 'dies later') for (const n of [0, 1]) assert.ok(failed.includes(n) || began.includes(n))
        else assert.deepEqual(began, ran, 'what was cut off never began')
      })

      // What a thread has posted arrives: the loop would be one that a finished task has left behind.
      const isOver = backend === 'thread' && fault.effect === 'stuck'
      const skip = isOver && "not with backend 'thread': what it has answered is on its way in one piece"
      it(
        `#230 ${fault.name} while 100 MB are ${half} to the owner costs no more than that task`,
        { skip },
        async () => {
          const log = bench.newFile()
          const { strike } = fault
          const struck = `${log}-struck`
          const run = (n: number) => {
            appendFileSync(log, `${n}\n`)
            if (n !== POISON) return n * 2
            setImmediate(() => {
              appendFileSync(struck, '')
              strike()
            })
            return new Uint8Array(BYTES)
          }
          const items = Array.from({ length: 6 }, (_, n) => n)
          const options = { onError: 'settle', timeout: bench.limitOf(fault) } as const
          const work = () => pool().map(run, items, options)
          const results = await bench.endStuck(fault, pool(), items.length, work, () => existsSync(struck))
          for (const [n, one] of results.entries()) {
            if (one.status === 'rejected') {
              if (fault.effect === 'stuck') assert.ok(one.reason instanceof TimeoutError)
              else checkCrash(one.reason, fault, n)
              assert.ok(fault.effect === 'dies later' || n === POISON, `item ${n} failed`)
            } else
              assert.equal(typeof one.value === 'number' ? one.value : one.value.length, n === POISON ? BYTES : n * 2)
          }
          const lost = results.filter(({ status }) => status === 'rejected').length
          // What a thread has posted arrives, and who calls process.exit(), or ends of an error, sends the rest before.
          const isCut = backend === 'process' && (fault.signal ?? null) !== null
          if (isCut || (backend === 'process' && fault.effect === 'stuck')) assert.equal(lost, 1, 'it was cut off')
          else assert.ok(lost <= 1)
          assert.deepEqual(bench.began(), items, 'each item ran once')
        },
      )
    }
  })
}
