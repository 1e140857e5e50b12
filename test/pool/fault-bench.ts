import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type BackendName, Pool, type PoolOptions } from 'manycore'
import type { Worker } from 'node:worker_threads'
import { eventually } from '../support/eventually.js'
import { type HeldTimers, holdTimers } from '../support/held-timers.js'
import { allGone } from '../support/processes.js'
import { watchThreads } from '../support/thread-watch.js'
import { childrenOf, targetsOfDescriptors } from '../support/workers.js'
import { owner, registerCargo } from './cargo.js'
import { workerPids, type Fault } from './faults.js'

function limitsOf(backend: BackendName, heapMb: number): PoolOptions {
  if (backend === 'inline') return {}
  if (backend === 'thread') return { resourceLimits: { maxOldGenerationSizeMb: heapMb } }
  return { execArgv: [`--max-old-space-size=${heapMb}`] }
}

/** Where faults are tried out: files that tasks write into, and pools that have to bear everything. */
export interface FaultBench {
  /** Options of a pool whose workers soon run out of memory. */
  readonly smallHeap: PoolOptions
  /** The time limit for what gets stuck; it strikes when the test says so. */
  limitOf(fault: Pick<Fault, 'effect'>): number | undefined
  readonly limit: HeldTimers
  /**
   * Gives what the work gives. Where it gets stuck, the limit strikes when of so many tasks all but one are over, and that
   * one has come so far.
   */
  endStuck<T>(
    fault: Pick<Fault, 'effect'>,
    pool: Pool,
    tasks: number,
    work: () => Promise<T>,
    isSoFar?: () => boolean,
  ): Promise<T>
  newFile(): string
  /** The threads that run now. */
  threads(): ReadonlySet<Worker>
  /** The numbers that stand in the last new file, in order. */
  began(): number[]
  /** One pool for all tests of a suite, which works after each of them and leaves nothing behind. */
  shared(): () => Pool
}

export function faultBench(backend: BackendName, heapMb = 32): FaultBench {
  const smallHeap: PoolOptions = { backend, ...limitsOf(backend, heapMb) }
  let folder: string
  let files = 0
  let file = ''
  let limit: HeldTimers
  const threads = new Set<Worker>()
  let unwatch = (): void => {}
  before(async () => {
    unwatch = watchThreads((thread) => {
      threads.add(thread)
      thread.once('exit', () => threads.delete(thread))
    })
    registerCargo()
    folder = mkdtempSync(join(tmpdir(), 'manycore-faults-'))
    // What the first pool of a program loads and starts is there to stay.
    await using pool = new Pool({ processes: 1, backend })
    await pool.apply(() => 0)
    limit = holdTimers()
  })
  after(() => {
    limit[Symbol.dispose]()
    unwatch()
    rmSync(folder, { recursive: true })
  })
  const began = (): number[] => {
    const text = existsSync(file) ? readFileSync(file, 'utf8').trim() : ''
    return text === ''
      ? []
      : text
          .split('\n')
          .map(Number)
          .sort((a, b) => a - b)
  }
  return {
    smallHeap,
    limitOf: ({ effect }) => (effect === 'stuck' ? limit.ms : undefined),
    get limit() {
      return limit
    },
    endStuck: async ({ effect }, pool, tasks, work, isSoFar = () => true) => {
      const over = (): number => {
        const { done, failed, lost } = pool.stats()
        return done + failed + lost
      }
      const before = over()
      const outcome = work()
      if (effect !== 'stuck') return await outcome
      while (over() - before < tasks - 1 || limit.waiting !== 1 || !isSoFar()) await sleep(5)
      limit.strike()
      return await outcome
    },
    newFile: () => (file = join(folder, `file-${++files}`)),
    began,
    threads: () => threads,
    shared: () => {
      let pool: Pool
      let descriptors: number
      before(() => {
        descriptors = targetsOfDescriptors().length
        pool = new Pool({ processes: 2, ...smallHeap })
      })
      afterEach(async () => {
        owner.blow = () => {}
        assert.deepEqual(await pool.map((n: number) => -n, [1, 2, 3, 4]), [-1, -2, -3, -4], 'the pool works')
      })
      after(async () => {
        const pids = workerPids()
        pool.close()
        await pool.join()
        await allGone(pids)
        assert.deepEqual(workerPids(), [])
        assert.equal(threads.size, 0, 'no thread is left')
        await eventually(() => {
          const open = targetsOfDescriptors()
          const text = `${open.length} descriptors, before ${descriptors}: ${open.join(' ')}`
          assert.ok(open.length <= descriptors + 2, text)
          assert.ok(childrenOf(process.pid).length <= 1, 'only the reaper is left')
        })
      })
      return () => pool
    },
  }
}
