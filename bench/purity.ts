// How fast items go through `map`, by what is known of the function: what is pure needs no note of the item that runs.
//
//   npm run -s build:test && node .build/bench/purity.js [--rounds N] [--write]
//
// Each figure is of a pool of its own, which has run the same before; functions and backends take turns.
import { parseArgs } from 'node:util'
import { Pool } from 'manycore'
import { scale } from './exported.ts'
import { machine, median, short, writeBetween } from './report.ts'

const WORKERS = 2
const ITEMS = Array.from({ length: 300_000 }, (_, n) => n)

let count = 0

interface Kind {
  readonly text: string
  readonly fn: (n: number) => number
}

const kinds: readonly Kind[] = [
  { text: '`n => n + 1`: pure, needs no note of what runs', fn: (n) => n + 1 },
  {
    text: '`n => { count++; return n + count }`: leaves nothing outside of its worker, needs none',
    fn: (n) => {
      count++
      return n + count
    },
  },
  { text: 'an export that calls a function of its module: needs none', fn: scale },
  { text: '`n => scale(n)`, which imports that: needs none', fn: (n) => scale(n) },
  {
    text: '`n => (process.exitCode === undefined ? n + 1 : n)`: might do anything, noted item by item',
    fn: (n) => (process.exitCode === undefined ? n + 1 : n),
  },
]

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, write: { type: 'boolean', default: false } },
})
const rates = new Map<string, number[]>()

for (let round = 0; round < Number(values.rounds); round++) {
  for (const kind of kinds) {
    for (const backend of ['process', 'thread'] as const) {
      const key = `${kind.text}\t${backend}`
      rates.set(key, [...(rates.get(key) ?? []), await rate(kind, backend)])
    }
  }
}

const lines = kinds.map(({ text }) => {
  const cells = ['process', 'thread'].map((backend) => short(median(rates.get(`${text}\t${backend}`) ?? [])))
  return `| ${text} | ${cells.join(' | ')} |`
})
const heading = `${machine()}, ${WORKERS} workers, ${short(ITEMS.length)} items, medians of ${values.rounds} rounds, M items/s.`
const table = [heading, '', '| function | processes | threads |', '|---|---|---|', ...lines].join('\n')
console.log(table)
if (values.write) writeBetween('purity', table)

/** Millions of items a second. */
async function rate({ fn }: Kind, backend: 'process' | 'thread'): Promise<number> {
  await using pool = new Pool({ backend, processes: WORKERS })
  for (let warming = 0; warming < 3; warming++) await pool.map(fn, ITEMS)
  const startMs = performance.now()
  await pool.map(fn, ITEMS)
  return ITEMS.length / (performance.now() - startMs) / 1000
}
