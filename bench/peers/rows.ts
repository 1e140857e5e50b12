import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as soon } from 'node:timers'
import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import { cpuMsOfTree } from './cpu-time.ts'
import { DEAR_FIRST, HEAVY_TAIL, idealMs } from '../shapes.ts'
import type { LoadPeer, Peer } from './peer.ts'
import { echo, fibonacci, forever, increment, leaveTrace, lengthOf, nothing, spin } from './tasks.ts'

/** Figures by what they are called within their row; '' where there is one. Or why there are none. */
export type Outcome =
  | { readonly figures: Readonly<Record<string, number>> }
  | { readonly failed: string }
  | { readonly skipped: string }

/** One row of the speed table. */
export interface Row {
  readonly key: string
  readonly title: string
  readonly unit: string
  readonly better: 'more' | 'less'
  measure(load: LoadPeer, workers: number, home: 'process' | 'thread'): Promise<Outcome>
}

export const rows: readonly Row[] = [
  { key: 'tiny', title: '100 k tiny tasks, each a promise', unit: 'tasks/s', better: 'more', measure: warm(tiny) },
  { key: 'numbers', title: '1 M numbers through `map`', unit: 'M items/s', better: 'more', measure: warm(numbers) },
  { key: 'stream', title: '`for await` over 100 k tiny items', unit: 'ms', better: 'less', measure: warm(stream) },
  { key: 'trip', title: 'round trip of one no-op', unit: 'µs', better: 'less', measure: warm(trip) },
  { key: 'cpu', title: 'CPU-bound, efficiency', unit: '', better: 'more', measure: warm(efficiency) },
  { key: 'tail', title: 'heavy tail, makespan / ideal', unit: '', better: 'less', measure: warm(heavyTail) },
  {
    key: 'first',
    title: 'expensive tenth first, makespan / ideal',
    unit: '',
    better: 'less',
    measure: warm(dearFirst),
  },
  { key: 'big', title: '100 MB array in', unit: 'ms', better: 'less', measure: warm(bigArray) },
  {
    key: 'object',
    title: '1 KiB object in and out, 20 k tasks',
    unit: 'tasks/s',
    better: 'more',
    measure: warm(objects),
  },
  { key: 'cold', title: 'first result, cold pool', unit: 'ms', better: 'less', measure: cold },
  { key: 'crash', title: 'worker killed among 50 tasks', unit: '', better: 'less', measure: crash },
  { key: 'endless', title: 'endless task, 500 ms limit', unit: 'ms', better: 'less', measure: warm(endless) },
  { key: 'loop', title: 'longest stretch without the event loop', unit: 'ms', better: 'less', measure: warm(loop) },
]

type Measure = (peer: Peer, workers: number) => Promise<Record<string, number> | string>

function warm(measure: Measure): Row['measure'] {
  return async (load, workers) => {
    const peer = (await load())(workers)
    await Promise.all(Array.from({ length: 4 * workers }, () => peer.run(spin, [5])))
    await Promise.all(Array.from({ length: 5000 }, (_, n) => peer.run(increment, [n])))
    try {
      const outcome = await measure(peer, workers)
      return typeof outcome === 'string' ? { skipped: outcome } : { figures: outcome }
    } finally {
      end(peer)
    }
  }
}

async function tiny(peer: Peer): Promise<Record<string, number>> {
  const startMs = performance.now()
  const all = await Promise.all(Array.from({ length: 100_000 }, (_, n) => peer.run(increment, [n])))
  const perSecond = 100_000 / ((performance.now() - startMs) / 1000)
  expect(all[0] === 1 && all[99_999] === 100_000)
  return { '': perSecond }
}

async function numbers(peer: Peer): Promise<Record<string, number>> {
  // A peer without chunks gets a tenth, not to take a minute, and the figure is a rate.
  const count = peer.chunks ? 1_000_000 : 100_000
  const items = Array.from({ length: count }, (_, n) => n * 1.5)
  const startMs = performance.now()
  const results = await peer.map(increment, items)
  const perMicrosecond = count / 1000 / (performance.now() - startMs)
  expect(results[1] === 2.5 && results.length === count)
  return { '': perMicrosecond }
}

// Beside the same through `map`, and a loop over as many promises that are ready, which is what Node takes for it.
async function stream(peer: Peer): Promise<Record<string, number> | string> {
  if (peer.stream === undefined) return 'offers no stream'
  const items = Array.from({ length: 100_000 }, (_, n) => n)
  // Needs no journal, so that hardly anything but the way there and back is measured.
  const next = (n: number): number => n + 1
  const mapMs = await leastMs(async () => void (await peer.map(next, items)))
  const figure = await leastMs(async () => {
    let sum = 0
    for await (const value of peer.stream?.(next, items) ?? []) sum += value
    expect(sum === 5_000_050_000)
  })
  const bareMs = await leastMs(async () => {
    let sum = 0
    for await (const value of ready(items.length)) sum += value
    expect(sum === 4_999_950_000)
  })
  return { '': figure, 'through map': mapMs, 'a bare loop': bareMs }
}

async function leastMs(run: () => Promise<void>): Promise<number> {
  const took: number[] = []
  for (let round = 0; round < 10; round++) {
    const startMs = performance.now()
    await run()
    took.push(performance.now() - startMs)
  }
  return Math.min(...took)
}

function ready(count: number): AsyncIterable<number> {
  let n = 0
  const next = (): Promise<IteratorResult<number>> =>
    Promise.resolve(n < count ? { done: false, value: n++ } : { done: true, value: undefined })
  return { [Symbol.asyncIterator]: () => ({ next }) }
}

async function trip(peer: Peer): Promise<Record<string, number>> {
  const took: number[] = []
  for (let n = 0; n < 12_000; n++) {
    const startMs = performance.now()
    await peer.run(nothing, [])
    if (n >= 2000) took.push((performance.now() - startMs) * 1000)
  }
  took.sort((a, b) => a - b)
  return { p50: took[took.length >> 1] ?? NaN, p99: took[Math.floor(took.length * 0.99)] ?? NaN }
}

// Against the same work in this process: what all workers together did, per worker.
async function efficiency(peer: Peer, workers: number): Promise<Record<string, number>> {
  fibonacci(27)
  const aloneMs = performance.now()
  for (let n = 0; n < 20; n++) fibonacci(27)
  const oneMs = (performance.now() - aloneMs) / 20
  const items = Array.from({ length: 200 }, () => 27)
  const startMs = performance.now()
  await peer.map(fibonacci, items)
  return { '': (200 * oneMs) / workers / (performance.now() - startMs) }
}

async function heavyTail(peer: Peer, workers: number): Promise<Record<string, number>> {
  return makespan(peer, workers, HEAVY_TAIL)
}

async function dearFirst(peer: Peer, workers: number): Promise<Record<string, number>> {
  return makespan(peer, workers, DEAR_FIRST)
}

async function makespan(peer: Peer, workers: number, items: readonly number[]): Promise<Record<string, number>> {
  const startMs = performance.now()
  await peer.map(spin, [...items])
  return { '': (performance.now() - startMs) / idealMs(items, workers) }
}

async function bigArray(peer: Peer): Promise<Record<string, number>> {
  const array = new Float64Array(12_500_000).fill(1)
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const startMs = performance.now()
  const length = await peer.run(lengthOf, [array])
  const ms = performance.now() - startMs
  expect(length === array.length)
  return { '': ms, 'without the event loop': delay.max / 1e6 }
}

async function objects(peer: Peer): Promise<Record<string, number>> {
  const value = { id: 1, name: 'object', tags: Array.from({ length: 20 }, (_, n) => `tag ${n}`), text: 'x'.repeat(700) }
  const startMs = performance.now()
  const all = await Promise.all(Array.from({ length: 20_000 }, () => peer.run(echo, [value])))
  const perSecond = 20_000 / ((performance.now() - startMs) / 1000)
  expect((all[19_999] as typeof value).tags[19] === 'tag 19')
  return { '': perSecond }
}

async function cold(load: LoadPeer, workers: number): Promise<Outcome> {
  const importMs = performance.now()
  const open = await load()
  const startMs = performance.now()
  const peer = open(workers)
  await peer.run(nothing, [])
  const nowMs = performance.now()
  end(peer)
  return { figures: { '': nowMs - startMs, 'with the import': nowMs - importMs } }
}

// Settled and right, run twice, and how long it took against the same without the death.
async function crash(load: LoadPeer, workers: number, home: 'process' | 'thread'): Promise<Outcome> {
  const peer = (await load())(workers)
  await Promise.all(Array.from({ length: 4 * workers }, () => peer.run(spin, [5])))
  const folder = mkdtempSync(join(tmpdir(), 'bench-'))
  try {
    const calmMs = await traces(peer, join(folder, 'calm'), undefined)
    const file = join(folder, 'crash')
    const startMs = performance.now()
    const right = { count: 0 }
    await Promise.race([traces(peer, file, home, right), sleep(5000)])
    const ms = performance.now() - startMs
    const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1)
    const figures = { 'others not right': 49 - right.count, 'run twice': lines.length - new Set(lines).size }
    return { figures: { ...figures, 'time against undisturbed': ms / calmMs } }
  } finally {
    end(peer)
    rmSync(folder, { recursive: true, force: true })
  }
}

async function traces(
  peer: Peer,
  file: string,
  deadly: 'process' | 'thread' | undefined,
  right = { count: 0 },
): Promise<number> {
  const startMs = performance.now()
  await Promise.allSettled(
    Array.from({ length: 50 }, async (_, n) => {
      const value = await peer.run(leaveTrace, [{ n, deadly: n === 20 ? deadly : undefined, file }])
      if (value === n && n !== 20) right.count++
    }),
  )
  return performance.now() - startMs
}

async function endless(peer: Peer): Promise<Record<string, number> | string> {
  if (peer.runWithin === undefined) return 'offers no limit'
  const startMs = performance.now()
  const settled = peer.runWithin(forever, [], 500).then(
    () => true,
    () => true,
  )
  if (!(await Promise.race([settled, sleep(5000)]))) return 'not settled within 5 s'
  const ms = performance.now() - startMs
  // What still burns after the limit: killing takes a moment, and a replacement starts.
  const untilMs = performance.now() + 3000
  for (;;) {
    const before = cpuMsOfTree(process.pid)
    const beforeMs = performance.now()
    await sleep(20)
    const burnt = (cpuMsOfTree(process.pid) - before) / (performance.now() - beforeMs)
    if (burnt < 0.6) return { '': ms, 'until the CPU is quiet': beforeMs - startMs - 500 }
    if (beforeMs > untilMs) return { '': ms, 'until the CPU is quiet': Infinity }
  }
}

// During the tiny tasks. The loop that submits them is the user's own, so it is cut into pieces here. Beside it the same
// without any pool, where that is not left out for other peers: what Node takes for so many promises.
async function loop(peer: Peer): Promise<Record<string, number>> {
  const { longest, p99 } = await pieces((n) => peer.run(increment, [n]))
  if (peer.stream === undefined) return { longest, p99 }
  const waiting: Waiting[] = []
  let settled = 0
  const settle = (): void => {
    for (const end = Math.min(settled + 64, waiting.length); settled < end; settled++) waiting[settled]?.settle()
    if (settled < 100_000) soon(settle)
  }
  soon(settle)
  const bare = await pieces((n) => {
    const one = new Waiting(n)
    waiting.push(one)
    return one.promise
  })
  return { longest, p99, 'a bare loop: longest': bare.longest, 'a bare loop: p99': bare.p99 }
}

async function pieces(run: (n: number) => Promise<number>): Promise<{ longest: number; p99: number }> {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  const tasks: Promise<number>[] = []
  await sleep(5)
  delay.enable()
  for (let n = 0; n < 100_000; n++) {
    tasks.push(run(n))
    if (n % 1000 === 999) await setImmediate()
  }
  await Promise.all(tasks)
  delay.disable()
  return { longest: delay.max / 1e6, p99: delay.percentile(99) / 1e6 }
}

/** The least that a call needs until it is answered. */
class Waiting {
  readonly promise: Promise<number>
  readonly #n: number
  readonly #sinceMs: number = performance.now()
  #resolve: ((value: number) => void) | undefined

  constructor(n: number) {
    this.#n = n
    this.promise = new Promise((resolve) => (this.#resolve = resolve))
  }

  settle(): void {
    this.#resolve?.(this.#n + (this.#sinceMs > 0 ? 1 : 0))
  }
}

// Not waited for: a peer that cannot end after a task that hangs has its figures nevertheless.
function end(peer: Peer): void {
  void peer.end().catch(() => {})
}

function expect(isRight: boolean): void {
  if (!isRight) throw new Error('wrong results')
}
