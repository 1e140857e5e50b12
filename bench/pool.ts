// What a pool costs and how well it shares the work out: the rows of the speed table that concern pools.
//
//   npm run -s build:test && node .build/bench/pool.js [rounds] [process,thread,inline]
//
// Rounds follow each other over all rows, and medians are shown, because one machine is twice as fast as itself a second
// later. Peers (bench/peers/) run the same work in the same round.
import { cpus, loadavg } from 'node:os'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { BackendName } from 'manycore'
import { manycoreOn } from './peers/manycore.ts'
import type { OpenPeer, Peer } from './peers/peer.ts'

const WORKERS = 2
const BACKENDS = (process.argv[3] ?? 'process').split(',') as BackendName[]
const PEERS: readonly OpenPeer[] = BACKENDS.map(manycoreOn)

interface Row {
  readonly name: string
  readonly unit: string
  measure(peer: Peer): Promise<number>
}

const rows: readonly Row[] = [
  { name: '100 k tiny tasks, each a promise', unit: 'tasks/s', measure: tinyTasks },
  { name: '… longest stretch without the event loop', unit: 'ms', measure: loopWhileTinyTasks },
  { name: '1 M numbers through map', unit: 'M items/s', measure: manyNumbers },
  { name: 'round trip of one no-op, p50', unit: 'µs', measure: (peer) => roundTrip(peer, 0.5) },
  { name: 'round trip of one no-op, p99', unit: 'µs', measure: (peer) => roundTrip(peer, 0.99) },
  { name: 'CPU-bound, efficiency', unit: '', measure: efficiency },
  { name: 'heavy tail, makespan / ideal', unit: '', measure: heavyTail },
  { name: 'uneven, expensive tenth first, makespan / ideal', unit: '', measure: expensiveFirst },
  { name: '1 KiB object in and out, 20 k tasks', unit: 'tasks/s', measure: smallObjects },
  { name: '100 MB in', unit: 'ms', measure: bigArray },
]

async function main(): Promise<void> {
  const rounds = Number(process.argv[2] ?? 5)
  const figures = new Map<string, number[]>()
  const note = (key: string, figure: number): void => {
    const before = figures.get(key)
    if (before === undefined) figures.set(key, [figure])
    else before.push(figure)
  }
  for (let round = 0; round < rounds; round++) {
    for (const open of PEERS) {
      const startMs = performance.now()
      const peer = open(WORKERS)
      await peer.run(nothing, [])
      note(`${peer.name}\tfirst result of a cold pool of ${WORKERS}\tms`, performance.now() - startMs)
      await warmUp(peer)
      for (const row of rows) note(`${peer.name}\t${row.name}\t${row.unit}`, await row.measure(peer))
      await peer.end()
    }
  }
  const [cpu] = cpus()
  const load = loadavg()[0]?.toFixed(1)
  console.log(
    `Node ${process.version}, ${process.platform} ${process.arch}, ${cpus().length} × ${cpu?.model}, load ${load}, ${rounds} rounds, median (best … worst)\n`,
  )
  for (const [key, all] of figures) {
    const [peer = '', name = '', unit = ''] = key.split('\t')
    const sorted = all.toSorted((a, b) => a - b)
    const [low, mid, high] = [0, sorted.length >> 1, sorted.length - 1].map((at) => short(sorted[at] ?? NaN))
    console.log(`${peer.padEnd(10)} ${name.padEnd(50)} ${mid?.padStart(10)} ${unit} (${low} … ${high})`)
  }
}

const nothing = (): void => {}
const increment = (n: number): number => n + 1
const echo = <T>(value: T): T => value
const lengthOf = (array: Float64Array): number => array.length

function spin(ms: number): number {
  const end = performance.now() + ms
  while (performance.now() < end) continue
  return ms
}

function fibonacci(n: number): number {
  return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2)
}

async function warmUp(peer: Peer): Promise<void> {
  await Promise.all(Array.from({ length: 4 * WORKERS }, () => peer.run(spin, [5])))
  await Promise.all(Array.from({ length: 5000 }, (_, n) => peer.run(increment, [n])))
}

async function tinyTasks(peer: Peer): Promise<number> {
  const startMs = performance.now()
  await Promise.all(Array.from({ length: 100_000 }, (_, n) => peer.run(increment, [n])))
  return 100_000 / ((performance.now() - startMs) / 1000)
}

// The loop that submits is the user's own, so it is cut into pieces here.
async function loopWhileTinyTasks(peer: Peer): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  const tasks: Promise<number>[] = []
  await new Promise((resolve) => setTimeout(resolve, 5))
  delay.enable()
  for (let n = 0; n < 100_000; n++) {
    tasks.push(peer.run(increment, [n]))
    if (n % 1000 === 999) await new Promise((resolve) => setImmediate(resolve))
  }
  await Promise.all(tasks)
  delay.disable()
  return delay.max / 1e6
}

async function manyNumbers(peer: Peer): Promise<number> {
  const numbers = Array.from({ length: 1_000_000 }, (_, n) => n * 1.5)
  const startMs = performance.now()
  await peer.map(increment, numbers)
  return 1 / ((performance.now() - startMs) / 1000)
}

async function roundTrip(peer: Peer, quantile: number): Promise<number> {
  const took: number[] = []
  for (let n = 0; n < 12_000; n++) {
    const startMs = performance.now()
    await peer.run(nothing, [])
    if (n >= 2000) took.push(performance.now() - startMs)
  }
  took.sort((a, b) => a - b)
  return (took[Math.floor(took.length * quantile)] ?? NaN) * 1000
}

// Against the same work in this process: what all workers together did, per worker.
async function efficiency(peer: Peer): Promise<number> {
  fibonacci(27)
  const aloneMs = performance.now()
  for (let n = 0; n < 10; n++) fibonacci(27)
  const oneMs = (performance.now() - aloneMs) / 10
  const startMs = performance.now()
  await peer.map(
    fibonacci,
    Array.from({ length: 200 }, () => 27),
  )
  return (200 * oneMs) / WORKERS / (performance.now() - startMs)
}

async function heavyTail(peer: Peer): Promise<number> {
  const items = Array.from({ length: 200 }, (_, n) => (n === 199 ? 200 : (20 * 200 - 200) / 199))
  return makespan(peer, items)
}

// A thousand items whose cost varies a hundredfold, of which the expensive tenth comes first.
async function expensiveFirst(peer: Peer): Promise<number> {
  return makespan(
    peer,
    Array.from({ length: 1000 }, (_, n) => (n < 100 ? 20 : 0.2)),
  )
}

// The ideal knows all costs: items are given out in this order, each to the worker that is free first.
async function makespan(peer: Peer, items: number[]): Promise<number> {
  const free = new Array<number>(WORKERS).fill(0)
  for (const item of items) {
    const first = free.indexOf(Math.min(...free))
    free[first] = (free[first] ?? 0) + item
  }
  const startMs = performance.now()
  await peer.map(spin, items)
  return (performance.now() - startMs) / Math.max(...free)
}

async function smallObjects(peer: Peer): Promise<number> {
  const value = { id: 1, name: 'object', tags: Array.from({ length: 20 }, (_, n) => `tag ${n}`), text: 'x'.repeat(700) }
  const startMs = performance.now()
  await Promise.all(Array.from({ length: 20_000 }, () => peer.run(echo<typeof value>, [value])))
  return 20_000 / ((performance.now() - startMs) / 1000)
}

async function bigArray(peer: Peer): Promise<number> {
  const array = new Float64Array(12_500_000).fill(1)
  const startMs = performance.now()
  await peer.run(lengthOf, [array])
  return performance.now() - startMs
}

function short(figure: number): string {
  if (figure >= 1000) return Math.round(figure).toLocaleString('en')
  return figure >= 100 ? figure.toFixed(0) : figure.toFixed(figure >= 10 ? 1 : 3)
}

await main()
