import assert from 'node:assert/strict'
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, describe, it } from 'node:test'
import { Pool, registerType, TimeoutError, WorkerCrashedError } from 'manycore'
import { childrenOf, gone, openDescriptors } from '../support/workers.js'
import { BLOWS, FAULTS, type Fault, workerPids } from './faults.js'

// Every fault at every place on the way of a task. What makes no sense:
// - what ends a process, while the owner serializes, deserializes or runs a callback: that is the end of the program,
//   whose workers go with it (test/backend/owner-death.test.ts). Here the owner deals its workers blows meanwhile.
// - a time limit in the initializer: a limit counts from when a task starts (see the table of reliability.md).
const OWNER = process.pid
const POISON = 3
const COUNT = 12
const LIMIT_MS = 1000
const SMALL_HEAP = ['--max-old-space-size=32']

const DOES = {
  sending: 'the owner serializes',
  home: 'the owner deserializes',
  callback: 'the owner runs a callback',
} as const

type Place = 'sending' | 'arriving' | 'returning' | 'home' | 'none'
const strikes: Record<string, () => void> = {}
for (const { name, strike } of FAULTS) strikes[name] = strike

/** Goes wrong at one place of its way. */
class Cargo {
  readonly n: number
  readonly place: Place
  readonly fault: string
  constructor(n: number, place: Place, fault: string) {
    this.n = n
    this.place = place
    this.fault = fault
  }
}

/** What the owner does at a place of its own. */
let ownersBlow: () => void = () => {}

registerType(Cargo, {
  encode: ({ n, place, fault }) => {
    const isOwner = process.pid === OWNER
    if (isOwner && place === 'sending') ownersBlow()
    if (!isOwner && place === 'returning') strikes[fault]?.()
    return { n, place, fault }
  },
  decode: ({ n, place, fault }) => {
    const isOwner = process.pid === OWNER
    if (isOwner && place === 'home') ownersBlow()
    if (!isOwner && place === 'arriving') strikes[fault]?.()
    return new Cargo(n, place, fault)
  },
})

describe('faults at every place on the way of a task', () => {
  let folder: string
  let files = 0
  let file: string
  let descriptors: number
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'manycore-faults-'))
    await using pool = new Pool({ processes: 1 })
    await pool.apply(() => 1)
  })
  after(() => rmSync(folder, { recursive: true }))

  const newFile = (): string => (file = join(folder, `file-${++files}`))
  const began = (): number[] =>
    existsSync(file)
      ? readFileSync(file, 'utf8')
          .trim()
          .split('\n')
          .map(Number)
          .sort((a, b) => a - b)
      : []
  /** One pool per place, which has to bear all faults after each other, and leaves nothing behind. */
  function shared(): () => Pool {
    let pool: Pool
    before(() => {
      descriptors = openDescriptors().length
      pool = new Pool({ processes: 2, execArgv: SMALL_HEAP })
    })
    afterEach(async () => {
      ownersBlow = () => {}
      assert.deepEqual(await pool.map((n: number) => -n, [1, 2, 3, 4]), [-1, -2, -3, -4], 'the pool works')
    })
    after(async () => {
      const pids = workerPids()
      pool.close()
      await pool.join()
      for (const pid of pids) await gone(pid)
      assert.deepEqual(workerPids(), [])
      await new Promise((resolve) => setImmediate(resolve))
      assert.ok(
        openDescriptors().length <= descriptors + 2,
        `${openDescriptors().length} of ${descriptors} descriptors`,
      )
      assert.ok(childrenOf(process.pid).length <= 1, 'only the reaper is left')
    })
    return () => pool
  }

  describe('while the task runs', () => {
    const pool = shared()
    for (const fault of FAULTS) {
      it(`#230 #231 ${fault.name} costs the item that ran`, async () => {
        const { strike, effect } = fault
        const log = newFile()
        const run = async (n: number) => {
          appendFileSync(log, `${n}\n`)
          if (n !== POISON) return n * 2
          strike()
          await new Promise(() => setTimeout(() => {}, 60_000))
          return 0
        }
        const items = Array.from({ length: COUNT }, (_, n) => n)
        const results = await pool().map(run, items, { chunkSize: 6, onError: 'settle', timeout: limitOf(fault) })
        checkAll(results, fault, 'map(run)', effect === 'dies later')
        assert.deepEqual(began(), items, 'each item ran once')
        await fromCallback(pool(), fault, run)
      })
    }
  })

  describe('while the worker deserializes', () => {
    const pool = shared()
    for (const fault of FAULTS) {
      it(`#230 ${fault.name} costs the item that arrived`, async () => {
        const log = newFile()
        const run = (item: number | Cargo) => {
          const n = typeof item === 'number' ? item : item.n
          appendFileSync(log, `${n}\n`)
          return n * 2
        }
        const cargo = new Cargo(POISON, 'arriving', fault.name)
        const items = Array.from({ length: COUNT }, (_, n) => (n === POISON ? cargo : n))
        const results = await pool().map(run, items, { chunkSize: 6, onError: 'settle', timeout: limitOf(fault) })
        checkAll(results, fault, 'map(run)')
        checkOnce(began(), fault.effect === 'dies later' ? undefined : POISON)
        await fromCallback(pool(), fault, run, cargo)
      })
    }
  })

  describe('while the worker serializes the result', () => {
    const pool = shared()
    for (const fault of FAULTS) {
      it(`#230 ${fault.name} costs the item that had run`, async () => {
        const log = newFile()
        // What it captures tells the worker how such instances travel.
        const { name } = fault
        const harmless = new Cargo(0, 'none', '')
        const run = (n: number) => {
          appendFileSync(log, `${n}\n`)
          return n === POISON ? new Cargo(n, 'returning', name) : n * 2 + harmless.n
        }
        const items = Array.from({ length: COUNT }, (_, n) => n)
        const results = await pool().map(run, items, { chunkSize: 6, onError: 'settle', timeout: limitOf(fault) })
        checkAll(results, fault, 'map(run)')
        assert.deepEqual(began(), items, 'each item ran once')
        await fromCallback(pool(), fault, run)
      })
    }
  })

  describe('in the initializer of one worker', () => {
    for (const fault of FAULTS) {
      it(`#230 ${fault.name} costs no item, and another worker is made ready`, async () => {
        const flag = newFile()
        const log = newFile()
        const { strike } = fault
        const pool = new Pool({
          processes: 2,
          execArgv: SMALL_HEAP,
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
        const results = await pool.map(run, items, { chunkSize: 2, onError: 'settle' })
        checkAll(results, fault, 'map(run)', false, 0)
        assert.deepEqual(began(), items, 'each item ran once')
        pool.close()
        await pool.join()
        assert.deepEqual(workerPids(), [])
      })

      if (fault.effect !== 'dies' && fault.effect !== 'throws') continue
      it(`#236 ${fault.name} in every worker breaks the pool by name`, async () => {
        const log = newFile()
        const { strike } = fault
        const prepare = () => {
          appendFileSync(log, '1\n')
          strike()
        }
        const pool = new Pool({ processes: 2, execArgv: SMALL_HEAP, initializer: prepare })
        const outcomes = await Promise.allSettled([pool.apply(() => 1), pool.map(String, [1, 2])])
        for (const one of outcomes) {
          assert.ok(one.status === 'rejected')
          const { code, message, cause } = one.reason as { code: string; message: string; cause: unknown }
          assert.equal(code, 'MC_WORKER_INITIALIZER')
          assert.match(message, /initializer prepare\(\) failed in worker PoolWorker-\d+: /)
          if (fault.effect === 'throws') assert.ok(cause instanceof RangeError)
          else checkCrash(cause, fault)
        }
        await pool.join()
        assert.ok(began().length <= 5, `${began().length} tries`)
        assert.deepEqual(workerPids(), [])
      })
    }
  })

  describe('while the owner serializes, deserializes, or runs a callback', () => {
    const pool = shared()
    const run = (item: number | Cargo): number => (typeof item === 'number' ? item : item.n) * 2

    it('#230 what encode() throws is thrown at the call, and nothing is sent', async () => {
      ownersBlow = () => {
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
      ownersBlow = () => {
        throw new RangeError('struck')
      }
      const log = newFile()
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
      assert.deepEqual(began(), items, 'each item ran once')
      const task = pool()
        .apply(() => 1)
        .then(() => pool().apply(make, [POISON]))
      await assert.rejects(task, { code: 'MC_VALUE_UNREADABLE', message: /struck/ })
    })

    it('#211 what a callback throws is its own affair', async () => {
      const task = pool().apply(() => 1)
      const chained = task.then(() => {
        throw new RangeError('struck')
      })
      const neighbours = pool().map(run, [1, 2, 3])
      await assert.rejects(chained, RangeError)
      assert.equal(await task, 1)
      assert.deepEqual(await neighbours, [2, 4, 6])
    })

    for (const blow of BLOWS) {
      for (const place of ['sending', 'home', 'callback'] as const) {
        it(`#230 ${blow} to all workers while ${DOES[place]} costs at most what ran`, async () => {
          const log = newFile()
          let struck = 0
          ownersBlow = () => {
            ownersBlow = () => {}
            for (const pid of workerPids()) {
              process.kill(pid, blow)
              struck++
            }
          }
          const harmless = new Cargo(0, 'none', '')
          const step = (item: number | Cargo) => {
            const n = typeof item === 'number' ? item : item.n
            appendFileSync(log, `${n}\n`)
            return n === POISON && place === 'home' ? new Cargo(n, 'home', '') : n * 2 + harmless.n
          }
          const cargo = new Cargo(POISON, 'sending', '')
          const items = Array.from({ length: COUNT }, (_, n) => (n === POISON && place === 'sending' ? cargo : n))
          const timeout = blow === 'SIGSTOP' ? LIMIT_MS : undefined
          if (place === 'callback')
            await pool()
              .apply(() => 1)
              .then(() => ownersBlow())
          const results = await pool().map(step, items, { onError: 'settle', timeout })
          assert.ok(struck > 0)
          let lost = 0
          for (const [n, one] of results.entries()) {
            if (one.status === 'rejected') {
              lost++
              const { code } = one.reason as { code: string }
              assert.equal(code, blow === 'SIGSTOP' ? 'MC_TASK_TIMEOUT' : 'MC_WORKER_CRASHED')
            } else if (one.value instanceof Cargo) assert.equal(one.value.n, n)
            else assert.equal(one.value, n * 2)
          }
          assert.ok(lost <= struck, `${lost} lost of ${struck} struck`)
          const counts = began()
          assert.equal(new Set(counts).size, counts.length, 'nothing ran twice')
          for (const [n, one] of results.entries()) if (one.status === 'fulfilled') assert.ok(counts.includes(n))
        })
      }
    }
  })

  describe('while 100 MB is half sent', () => {
    const pool = shared()
    const BYTES = 100_000_000

    for (const fault of FAULTS.filter(({ effect }) => effect !== 'throws')) {
      it(`#230 to the worker: ${fault.name} costs no more than that task, which never began`, async () => {
        const flag = newFile()
        const log = newFile()
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
        const timeout = fault.effect === 'stuck' ? 2 * LIMIT_MS : undefined
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
        const counts = began()
        assert.equal(new Set(counts).size, counts.length, 'nothing ran twice')
      })

      it(`#230 to the owner: ${fault.name} costs no more than that task`, async () => {
        const log = newFile()
        const { strike } = fault
        const run = (n: number) => {
          appendFileSync(log, `${n}\n`)
          if (n !== POISON) return n * 2
          setImmediate(strike)
          return new Uint8Array(BYTES)
        }
        const items = Array.from({ length: 6 }, (_, n) => n)
        const timeout = fault.effect === 'stuck' ? 2 * LIMIT_MS : undefined
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
        assert.deepEqual(began(), items, 'each item ran once')
      })
    }
  })

  function checkOnce(counts: readonly number[], neverBegan: number | undefined): void {
    assert.equal(new Set(counts).size, counts.length, 'nothing ran twice')
    const expected = Array.from({ length: COUNT }, (_, n) => n).filter((n) => n !== neverBegan)
    for (const n of expected) if (n !== POISON) assert.ok(counts.includes(n), `item ${n} ran`)
    if (neverBegan !== undefined) assert.ok(!counts.includes(neverBegan), `item ${neverBegan} never began`)
  }

  /** The same from inside a callback, among neighbours. */
  async function fromCallback(
    pool: Pool,
    fault: Fault,
    run: (item: never) => unknown,
    poison: unknown = POISON,
  ): Promise<void> {
    const options = { timeout: limitOf(fault) }
    const [struck, ...others] = await pool
      .apply(() => 0)
      .then(() => Promise.all([poison, 100, 101].map((item) => outcomeOf(pool.apply(run, [item as never], options)))))
    const lost = others.filter((one, at) => one !== 2 * (100 + at))
    if (fault.effect === 'dies later') {
      assert.ok(lost.length <= 1)
      for (const one of lost) checkCrash(one, fault)
    } else {
      assert.deepEqual(lost, [])
      checkFailure(struck, fault, undefined, 'run()')
    }
    const counts = began().filter((n) => n >= 100)
    assert.deepEqual(counts, [100, 101], 'the neighbours ran once')
  }
})

function limitOf({ effect }: Fault): number | undefined {
  return effect === 'stuck' ? LIMIT_MS : undefined
}

function outcomeOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.catch((error: unknown) => error)
}

function checkOthers(results: readonly PromiseSettledResult<unknown>[]): void {
  assert.equal(results.length, COUNT)
  for (const [n, one] of results.entries()) {
    if (n !== POISON) assert.deepEqual(one, { status: 'fulfilled', value: n * 2 })
  }
}

/** The poisoned item failed as it should and all others did not. `most` may fail of those that do not die at once. */
function checkAll(
  results: readonly PromiseSettledResult<unknown>[],
  fault: Fault,
  what: string,
  exactly = fault.effect !== 'dies later',
  most = 1,
): void {
  const failed = results.flatMap((one, n) => (one.status === 'rejected' ? [n] : []))
  for (const [n, one] of results.entries()) {
    if (one.status === 'rejected') checkFailure(one.reason, fault, n, `item ${n} of ${what}`)
    else if (n !== POISON) assert.equal(one.value, n * 2)
  }
  if (exactly) assert.deepEqual(failed, [POISON])
  else assert.ok(failed.length <= Math.max(most, fault.effect === 'dies later' ? 1 : 0), `failed: ${String(failed)}`)
}

function checkFailure(reason: unknown, fault: Fault, index: number | undefined, what: string): void {
  if (fault.effect === 'throws') {
    assert.ok(reason instanceof Error)
    assert.match(reason.message, /struck/)
    assert.ok(
      reason instanceof RangeError ||
        ['MC_VALUE_UNREADABLE', 'MC_VALUE_UNSENDABLE'].includes((reason as unknown as { code: string }).code),
    )
  } else if (fault.effect === 'stuck') {
    assert.ok(reason instanceof TimeoutError, String(reason))
    assert.equal(reason.code, 'MC_TASK_TIMEOUT')
    assert.ok(reason.message.toLowerCase().includes(what.toLowerCase()), reason.message)
    assert.match(reason.message, /in worker PoolWorker-\d+/)
  } else {
    checkCrash(reason, fault, index)
    assert.ok((reason as Error).message.toLowerCase().includes(what.toLowerCase()), (reason as Error).message)
  }
}

function checkCrash(reason: unknown, fault: Fault, index?: number): void {
  assert.ok(reason instanceof WorkerCrashedError, String(reason))
  assert.equal(reason.code, 'MC_WORKER_CRASHED')
  assert.match(reason.worker, /^PoolWorker-\d+$/)
  if (fault.exitCode !== undefined) assert.equal(reason.exitCode, fault.exitCode)
  if (fault.signal !== undefined) assert.equal(reason.signal, fault.signal)
  if (fault.says !== undefined) assert.match(reason.message, fault.says)
  if (index !== undefined) assert.equal(reason.itemIndex, index)
}
