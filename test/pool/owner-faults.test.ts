import assert from 'node:assert/strict'
import { appendFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'
import { Cargo, owner } from './cargo.js'
import { inEachOf, makeGate } from '../support/meeting.js'
import { areStopped } from '../support/processes.js'
import { faultBench } from './fault-bench.js'
import { checkOthers, COUNT, POISON } from './fault-checks.js'
import { BLOWS, workerPids } from './faults.js'

// What ends a process, while the owner serializes, deserializes or runs a callback, is the end of the program, and its
// workers go with it (test/backend/owner-death.test.ts). What is left is what it throws, and what strikes its workers
// meanwhile.
const DOES = {
  sending: 'the owner serializes',
  home: 'the owner deserializes',
  callback: 'the owner runs a callback',
} as const

for (const backend of ['process', 'thread'] as const) {
  describe(`faults where the owner is at work, backend '${backend}'`, () => {
    const bench = faultBench(backend)
    const pool = bench.shared()
    const run = (item: number | Cargo): number => (typeof item === 'number' ? item : item.n) * 2

    it('#230 what encode() throws is thrown at the call, and nothing is sent', async () => {
      owner.blow = () => {
        throw new RangeError('struck')
      }
      const cargo = new Cargo(POISON, 'sending', '')
      assert.throws(() => pool().apply(run, [cargo]), { code: 'MC_VALUE_UNSENDABLE', message: /Cargo.*struck/ })
      await assert.rejects(async () => pool().map(run, [1, cargo]), {
        code: 'MC_VALUE_UNSENDABLE',
        message: /items\[1\].*struck/,
      })
      const stream = pool().imap(run, [1, cargo, 2])
      assert.deepEqual(await stream.next(), { done: false, value: 2 })
      await assert.rejects(stream.next(), { code: 'MC_VALUE_UNSENDABLE' })
      await stream.return()
    })

    it('#230 what decode() throws costs the one item', async () => {
      owner.blow = () => {
        throw new RangeError('struck')
      }
      const log = bench.newFile()
      const harmless = new Cargo(0, 'none', '')
      const make = (n: number) => {
        appendFileSync(log, `${n}\n`)
        return n === POISON ? new Cargo(n, 'home', '') : n * 2 + harmless.n
      }
      const items = Array.from({ length: COUNT }, (_, n) => n)
      const results = await pool().map(make, items, { chunkSize: 6, onError: 'settle' })
      checkOthers(results)
      const [poison] = results.splice(POISON, 1)
      assert.ok(poison?.status === 'rejected')
      assert.equal((poison.reason as { code: string }).code, 'MC_VALUE_UNREADABLE')
      assert.match((poison.reason as Error).message, /struck/)
      assert.deepEqual(bench.began(), items, 'each item ran once')
      const task = pool()
        .apply(() => 1)
        .then(() => pool().apply(make, [POISON]))
      await assert.rejects(task, { code: 'MC_VALUE_UNREADABLE', message: /struck/ })
    })

    it('what a callback throws is its own affair', async () => {
      const task = pool().apply(() => 1)
      const chained = task.then(() => {
        throw new RangeError('struck')
      })
      const neighbours = pool().map(run, [1, 2, 3])
      await assert.rejects(chained, RangeError)
      assert.equal(await task, 1)
      assert.deepEqual(await neighbours, [2, 4, 6])
    })

    for (const blow of BLOWS[backend]) {
      for (const place of ['sending', 'home', 'callback'] as const) {
        it(`#230 ${blow.name} to all workers while ${DOES[place]} costs at most what ran`, async () => {
          const log = bench.newFile()
          const struck: (number | Worker)[] = []
          const isStuck = blow.costs === 'MC_TASK_TIMEOUT'
          // One that is stopped while it starts is given up only at the time limit of starts.
          const pids = isStuck ? await inEachOf(pool(), 2, () => process.pid) : undefined
          owner.blow = () => {
            owner.blow = () => {}
            for (const one of pids ?? (backend === 'process' ? workerPids() : bench.threads())) {
              blow.strike(one)
              struck.push(one)
            }
          }
          const harmless = new Cargo(0, 'none', '')
          const step = (item: number | Cargo) => {
            const n = typeof item === 'number' ? item : item.n
            appendFileSync(log, `${n}\n`)
            return n === POISON && place === 'home' ? new Cargo(n, 'home', '') : n * 2 + harmless.n
          }
          // Each worker is to hold an item when it is stopped: no other is over before the one that brings the blow.
          using gate = makeGate()
          const stepBeforeGate = async (item: number | Cargo) => {
            if (item === POISON) await gate.reached()
            else if (typeof item === 'number' && item > POISON) await gate.pass()
            return step(item)
          }
          const cargo = new Cargo(POISON, 'sending', '')
          const items = Array.from({ length: COUNT }, (_, n) => (n === POISON && place === 'sending' ? cargo : n))
          const timeout = isStuck ? bench.limitOf({ effect: 'stuck' }) : undefined
          if (place === 'callback')
            await pool()
              .apply(() => 1)
              .then(() => owner.blow())
          const isGated = isStuck && place === 'home'
          const does: (item: number | Cargo) => unknown = isGated ? stepBeforeGate : step
          const chunkSize = isGated ? 1 : undefined
          const mapped = pool().map(does, items, { onError: 'settle', timeout, chunkSize })
          if (isStuck) {
            // What they had answered before is read by then, and each holds an item.
            while (struck.length < 2) await turn()
            await areStopped(struck as number[])
            for (let n = 0; n < 10; n++) await turn()
            assert.equal(bench.limit.waiting, 2)
            gate.open()
            bench.limit.strike()
          }
          const results = await mapped
          assert.ok(struck.length > 0)
          let lost = 0
          for (const [n, one] of results.entries()) {
            if (one.status === 'rejected') {
              lost++
              assert.equal((one.reason as { code: string }).code, blow.costs)
            } else if (one.value instanceof Cargo) assert.equal(one.value.n, n)
            else assert.equal(one.value, n * 2)
          }
          assert.ok(lost <= struck.length, `${lost} lost of ${struck.length} struck`)
          const counts = bench.began()
          assert.equal(new Set(counts).size, counts.length, 'nothing ran twice')
          for (const [n, one] of results.entries()) if (one.status === 'fulfilled') assert.ok(counts.includes(n))
        })
      }
    }

    const why = "not with backend 'thread': a signal is for the whole program"
    if (backend === 'thread') for (const { name } of BLOWS.process) it(name, { skip: why }, () => {})
  })
}
