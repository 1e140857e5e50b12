// What each promise of the scheduler is worth: the same work with it and without, for both backends.
//
//   npm run -s build:test && node .build/bench/scheduling.js [--rounds N] [--write] [claim …]
//
// With --write the table goes into docs/performance.md, together with the tests that show the promises, those included
// that have nothing to do with time. `node .build/bench/timeline.js` shows one run, item by item.
import { parseArgs } from 'node:util'
import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'manycore'
import { increment, nothing, spin } from './peers/tasks.ts'
import { machine, median, short, writeBetween } from './report.ts'
import { DEAR_FIRST, HEAVY_TAIL, idealMs } from './shapes.ts'

type Home = 'process' | 'thread'

/** The figure with what is promised, and without. */
type Pair = readonly [number, number]

interface Claim {
  readonly key: string
  readonly title: string
  /** What is measured, and what the second figure is of. */
  readonly what?: string
  readonly measure?: (backend: Home) => Promise<Pair>
  /** Files of test/pool. */
  readonly tests: string
}

const WORKERS = 2

const claims: readonly Claim[] = [
  {
    key: 'tail',
    title: 'Heavy tail: 200 items of 20 ms, the last ten times as long',
    what: 'makespan / ideal; in chunks of 25, as Python has it',
    measure: (backend) => makespan(backend, HEAVY_TAIL),
    tests: 'ahead',
  },
  {
    key: 'first',
    title: 'Costs vary 100-fold, the dear tenth of 1,000 items first',
    what: 'makespan / ideal; in chunks of 125',
    measure: (backend) => makespan(backend, DEAR_FIRST),
    tests: 'ahead',
  },
  {
    key: 'chunks',
    title: 'Chunks adapt to how long an item takes',
    what: 'µs for each of 20,000 tiny items; `chunkSize: 1`',
    measure: adaptive,
    tests: 'ahead, mapping, interleavings',
  },
  {
    key: 'priority',
    title: '`priority`',
    what: 'ms until an urgent call among 200 of 2 ms is done; without it',
    measure: urgent,
    tests: 'queueing',
  },
  {
    key: 'key',
    title: 'Affinity by `key`',
    what: 'ms for 40 calls on 4 keys, each of which a worker has to load once, for 20 ms; without it',
    measure: affinity,
    tests: 'queueing',
  },
  {
    key: 'maxQueue',
    title: '`maxQueue`, `room()`',
    what: 'MiB of heap for 50,000 calls; all at once',
    measure: pressure,
    tests: 'queueing',
  },
  {
    key: 'grow',
    title: 'Workers on demand',
    what: 'ms to the first result of a pool of 8; with `min: 8`',
    measure: growth,
    tests: 'size, life',
  },
  {
    key: 'resize',
    title: '`resize()` with work in flight',
    what: 'ms for 150 items of 4 ms when a worker is added after a few; with one to the end',
    measure: resized,
    tests: 'size, order',
  },
  {
    key: 'spare',
    title: 'Warm `spare`',
    what: 'ms from the loss of a worker to the result of the next call; without it',
    measure: replaced,
    tests: 'spare',
  },
  {
    key: 'retire',
    title: '`maxTasksPerWorker`',
    what: 'ms for 60 items of 5 ms where each 10 have a new worker; without a spare',
    measure: retired,
    tests: 'life, spare',
  },
  {
    key: 'keepAlive',
    title: '`keepAlive` across maps',
    what: 'ms for each of 8 small maps; `keepAlive: false`',
    measure: kept,
    tests: 'health',
  },
  { key: 'idleTimeout', title: '`min`, `max`, `idleTimeout`', tests: 'size' },
  { key: 'maxMemory', title: '`maxMemory`', tests: 'health' },
  { key: 'state', title: '`initializer` and `currentWorker().state`', tests: 'hooks, life' },
  { key: 'onExit', title: '`onExit`, `exitResults`', tests: 'hooks' },
  { key: 'order', title: "`order: 'fixed'`", tests: 'order' },
  { key: 'count', title: 'Default number of workers', tests: 'size, ../base/cpu-count' },
]

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '1' }, write: { type: 'boolean', default: false } },
})
const figures = new Map<string, number[]>()
for (let round = 0; round < Number(values.rounds); round++) {
  for (const { key, measure } of claims) {
    if (measure === undefined || (positionals.length > 0 && !positionals.includes(key))) continue
    for (const backend of ['process', 'thread'] as const) {
      const pair = await measure(backend)
      for (const [at, figure] of pair.entries()) note(`${key} ${backend} ${at}`, figure)
    }
  }
}

const cell = (key: string, backend: Home): string => {
  const [own, other] = [0, 1].map((at) => figures.get(`${key} ${backend} ${at}`))
  return own === undefined || other === undefined ? '' : `${short(median(own))}; ${short(median(other))}`
}
const lines = claims.map(
  ({ key, title, what, tests }) =>
    `| ${title} | ${what ?? ''} | ${cell(key, 'process')} | ${cell(key, 'thread')} | ${tests} |`,
)
const heading = `${machine()}, ${WORKERS} workers where nothing else is said, medians of ${values.rounds} rounds.`
const table = [
  heading,
  '',
  '| what is promised | measured; beside | processes | threads | tests of `test/pool` |',
  '|---|---|---|---|---|',
  ...lines,
].join('\n')
console.log(table)
if (values.write) writeBetween('scheduling', table)

function note(name: string, figure: number): void {
  figures.set(name, [...(figures.get(name) ?? []), figure])
}

async function makespan(backend: Home, items: readonly number[]): Promise<Pair> {
  await using pool = new Pool({ backend, processes: WORKERS })
  await warm(pool)
  const best = idealMs(items, WORKERS)
  const own = await timed(() => pool.map(spin, items))
  const chunked = await timed(() => pool.map(spin, items, { chunkSize: items.length / (4 * WORKERS) }))
  return [own / best, chunked / best]
}

async function adaptive(backend: Home): Promise<Pair> {
  await using pool = new Pool({ backend, processes: WORKERS })
  await warm(pool)
  const items = Array.from({ length: 20_000 }, (_, n) => n)
  const own = await timed(() => pool.map(increment, items))
  const single = await timed(() => pool.map(increment, items, { chunkSize: 1 }))
  return [own / 20, single / 20]
}

async function urgent(backend: Home): Promise<Pair> {
  await using pool = new Pool({ backend, processes: WORKERS })
  await warm(pool)
  const once = async (priority: number): Promise<number> => {
    const others = Array.from({ length: 200 }, () => pool.apply(spin, [2]))
    const ms = await timed(() => pool.apply(spin, [2], { priority }))
    await Promise.all(others)
    return ms
  }
  return [await once(1), await once(0)]
}

async function affinity(backend: Home): Promise<Pair> {
  const use = (key: number): void => {
    const loaded = ((globalThis as { loaded?: Set<number> }).loaded ??= new Set())
    const end = performance.now() + (loaded.has(key) ? 0 : 20)
    loaded.add(key)
    while (performance.now() < end) continue
  }
  const once = async (isBound: boolean): Promise<number> => {
    await using pool = new Pool({ backend, processes: WORKERS })
    await warm(pool)
    return await timed(() =>
      Promise.all(Array.from({ length: 40 }, (_, n) => pool.apply(use, [n % 4], isBound ? { key: n % 4 } : {}))),
    )
  }
  return [await once(true), await once(false)]
}

async function pressure(backend: Home): Promise<Pair> {
  const once = async (maxQueue: number | undefined): Promise<number> => {
    await using pool = new Pool({ backend, processes: WORKERS, maxQueue })
    await pool.map(increment, [1, 2, 3, 4], { chunkSize: 1 })
    const before = process.memoryUsage().heapUsed
    let most = 0
    const look = (): void => void (most = Math.max(most, process.memoryUsage().heapUsed))
    for (let n = 0; n < 50_000; n++) {
      if (maxQueue !== undefined) await pool.room()
      void pool.apply(increment, [n])
      if (n % 1000 === 0) look()
    }
    look()
    pool.close()
    await pool.join()
    return Math.max(0, most - before) / 2 ** 20
  }
  return [await once(500), await once(undefined)]
}

async function growth(backend: Home): Promise<Pair> {
  const once = async (processes: number | { min: number; max: number }): Promise<number> => {
    const startMs = performance.now()
    await using pool = new Pool({ backend, processes })
    await pool.apply(nothing)
    return performance.now() - startMs
  }
  return [await once(8), await once({ min: 8, max: 8 })]
}

async function resized(backend: Home): Promise<Pair> {
  const once = async (size: number): Promise<number> => {
    await using pool = new Pool({ backend, processes: 1 })
    await warm(pool)
    return await timed(async () => {
      const all = pool.map(spin, new Array<number>(150).fill(4))
      await sleep(40)
      pool.resize(size)
      await all
    })
  }
  return [await once(2), await once(1)]
}

async function replaced(backend: Home): Promise<Pair> {
  const die = (): void => process.exit(1)
  const once = async (spare: boolean): Promise<number> => {
    await using pool = new Pool({ backend, processes: 1, spare })
    const took: number[] = []
    for (let n = 0; n < 5; n++) {
      await pool.apply(nothing)
      // As long as a spare needs to be there.
      await sleep(250)
      await pool.apply(die).catch(() => {})
      took.push(await timed(() => pool.apply(nothing)))
    }
    return median(took)
  }
  return [await once(true), await once(false)]
}

async function retired(backend: Home): Promise<Pair> {
  const once = async (spare: boolean | undefined): Promise<number> => {
    await using pool = new Pool({ backend, processes: 1, maxTasksPerWorker: 10, spare })
    await pool.apply(nothing)
    return await timed(() => pool.map(spin, new Array<number>(60).fill(5)))
  }
  return [await once(undefined), await once(false)]
}

async function kept(backend: Home): Promise<Pair> {
  const once = async (keepAlive: boolean): Promise<number> => {
    await using pool = new Pool({ backend, processes: WORKERS, keepAlive })
    await warm(pool)
    const maps = async (): Promise<void> => {
      for (let n = 0; n < 8; n++) await pool.map(increment, [1, 2, 3, 4])
    }
    return (await timed(maps)) / 8
  }
  return [await once(true), await once(false)]
}

async function warm(pool: Pool): Promise<void> {
  await Promise.all(Array.from({ length: 4 * WORKERS }, () => pool.apply(spin, [5])))
  await Promise.all(Array.from({ length: 5000 }, (_, n) => pool.apply(increment, [n])))
}

async function timed(run: () => PromiseLike<unknown>): Promise<number> {
  const startMs = performance.now()
  await run()
  return performance.now() - startMs
}
