import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before } from 'node:test'
import { type BackendName, Pool, type PoolOptions } from 'manycore'
import type { Worker } from 'node:worker_threads'
import { allGone } from '../support/processes.js'
import { watchThreads } from '../support/thread-watch.js'
import { childrenOf, openDescriptors } from '../support/workers.js'
import { whatIsPlentyFor } from '../support/pace.js'
import { owner, registerCargo } from './cargo.js'
import { workerPids, type Fault } from './faults.js'

const LEAST_LIMIT_MS = 1000

const LIMITS: Readonly<Record<BackendName, PoolOptions>> = {
  process: { execArgv: ['--max-old-space-size=32'] },
  thread: { resourceLimits: { maxOldGenerationSizeMb: 32 } },
  inline: {},
}

/** Where faults are tried out: files that tasks write into, and pools that have to bear everything. */
export interface FaultBench {
  /** Options of a pool whose workers soon run out of memory. */
  readonly smallHeap: PoolOptions
  /** The time limit for what gets stuck, which nothing else exceeds. */
  limitOf(fault: Pick<Fault, 'effect'>): number | undefined
  newFile(): string
  /** The threads that run now. */
  threads(): ReadonlySet<Worker>
  /** The numbers that stand in the last new file, in order. */
  began(): number[]
  /** One pool for all tests of a suite, which works after each of them and leaves nothing behind. */
  shared(): () => Pool
}

export function faultBench(backend: BackendName): FaultBench {
  const smallHeap: PoolOptions = { backend, ...LIMITS[backend] }
  let folder: string
  let files = 0
  let file = ''
  let limitMs = NaN
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
    limitMs = await whatIsPlentyFor(pool, LEAST_LIMIT_MS)
  })
  after(() => {
    unwatch()
    rmSync(folder, { recursive: true })
  })
  return {
    smallHeap,
    limitOf: ({ effect }) => (effect === 'stuck' ? limitMs : undefined),
    newFile: () => (file = join(folder, `file-${++files}`)),
    began: () => {
      const text = existsSync(file) ? readFileSync(file, 'utf8').trim() : ''
      return text === ''
        ? []
        : text
            .split('\n')
            .map(Number)
            .sort((a, b) => a - b)
    },
    threads: () => threads,
    shared: () => {
      let pool: Pool
      let descriptors: number
      before(() => {
        descriptors = openDescriptors().length
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
        await new Promise((resolve) => setImmediate(resolve))
        const open = openDescriptors().length
        assert.ok(open <= descriptors + 2, `${open} of ${descriptors} descriptors`)
        assert.ok(childrenOf(process.pid).length <= 1, 'only the reaper is left')
      })
      return () => pool
    },
  }
}
