// manycore beside what one could use instead: every row of the speed table, all peers in turns, in one run.
//
//   npm run bench:peers -- [--rounds N] [--workers N] [--peers a,b] [--write] [row …]
//
// Each figure comes from a process of its own, which has 20 seconds. With --write the table goes into
// docs/performance.md.
import { spawn } from 'node:child_process'
import { parseArgs } from 'node:util'
import { PEERS_FOLDER } from './peers/installed.ts'
import { PEERS, type Kind, type NamedPeer } from './peers/list.ts'
import { rows, type Outcome, type Row } from './peers/rows.ts'
import { machine, median, short, writeBetween } from './report.ts'

const LIMIT_MS = 20_000

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '3' },
    workers: { type: 'string', default: '2' },
    peers: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
})
const wanted = values.peers?.split(',')
const peers = PEERS.filter(({ name }) => wanted === undefined || wanted.includes(name))
const chosen = rows.filter(({ key }) => positionals.length === 0 || positionals.includes(key))

const lines: string[] = []
for (const row of chosen) {
  const outcomes = await measureRow(row)
  const told = describe(row, outcomes)
  lines.push(...told)
  console.log(`\n${row.title}${row.unit === '' ? '' : `, ${row.unit}`}`)
  for (const [{ name }, all] of outcomes) console.log(`  ${name.padEnd(22)} ${summary(all)}`)
  for (const line of told) console.log(`  ${line}`)
}

const heading = `${machine()}, ${values.workers} workers, medians of ${values.rounds} rounds.`
const kinds = 'manycore | manycore, threads | best pool of processes | best pool of threads | by hand | Python'
const table = [heading, '', `| work | ${kinds} | manycore / best pool |`, '|---|---|---|---|---|---|---|---|', ...lines]
console.log(`\n${table.join('\n')}`)
if (values.write) writeBetween('peers', table.join('\n'))

async function measureRow(row: Row): Promise<Map<NamedPeer, Outcome[]>> {
  const outcomes = new Map<NamedPeer, Outcome[]>(peers.map((peer) => [peer, []]))
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const [peer, all] of outcomes) {
      // What has hung once would hang again.
      if (all.some((outcome) => 'failed' in outcome)) continue
      all.push(await measure(peer, row))
    }
  }
  return outcomes
}

function measure(peer: NamedPeer, row: Row): Promise<Outcome> {
  const [file, ...args] =
    peer.load === undefined
      ? ['python3', new URL('pool.py', PEERS_FOLDER).pathname, row.key, values.workers]
      : [process.execPath, new URL('peers/measure.js', import.meta.url).pathname, peer.name, row.key, values.workers]
  // It costs 30 ms of each start of Node 20.
  const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env
  return new Promise((resolve) => {
    // A group of its own, so that the workers of a peer that hangs end with it.
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'ignore'], detached: true, env })
    let text = ''
    const limit = setTimeout(() => {
      resolve({ failed: `nothing within ${LIMIT_MS / 1000} s` })
      killGroup(child.pid)
    }, LIMIT_MS)
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
    child.on('error', (error) => resolve({ skipped: error.message }))
    child.on('exit', () => {
      clearTimeout(limit)
      killGroup(child.pid)
    })
    child.on('close', () => resolve(parse(text)))
  })
}

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // Nobody is left in it.
  }
}

function parse(text: string): Outcome {
  try {
    return JSON.parse(text.trim().split('\n').at(-1) ?? '', (_, value: unknown) => value ?? Infinity) as Outcome
  } catch {
    return { failed: 'ended without a figure' }
  }
}

function figuresOf(outcomes: readonly Outcome[]): Map<string, number> {
  const names = new Map<string, number[]>()
  for (const outcome of outcomes) {
    if (!('figures' in outcome)) continue
    for (const [name, figure] of Object.entries(outcome.figures)) names.set(name, [...(names.get(name) ?? []), figure])
  }
  return new Map([...names].map(([name, all]) => [name, median(all)]))
}

function summary(outcomes: readonly Outcome[]): string {
  const bad = outcomes.find((outcome) => !('figures' in outcome))
  if (bad !== undefined) return 'failed' in bad ? `failed: ${bad.failed}` : 'skipped' in bad ? `– ${bad.skipped}` : ''
  return [...figuresOf(outcomes)].map(([name, figure]) => `${name} ${short(figure)}`.trim()).join(' · ')
}

/** One line of the table for each figure of the row. */
function describe(row: Row, outcomes: ReadonlyMap<NamedPeer, readonly Outcome[]>): string[] {
  const medians = new Map([...outcomes].map(([peer, all]) => [peer, figuresOf(all)]))
  const names = new Set([...medians.values()].flatMap((figures) => [...figures.keys()]))
  return [...names].map((name) => {
    const best = (...kinds: readonly Kind[]): Best | undefined => {
      const all = [...medians].flatMap(([peer, figures]) => {
        const figure = figures.get(name)
        return figure === undefined || !kinds.includes(peer.kind) ? [] : [{ peer: peer.name, figure }]
      })
      return all.sort((a, b) => (row.better === 'more' ? b.figure - a.figure : a.figure - b.figure))[0]
    }
    const own = best('manycore')
    const ownThreads = best('manycore, threads')
    const pool = best('processes', 'threads')
    const ratio = own === undefined || pool === undefined ? '–' : ratioOf(own.figure, pool.figure)
    const cells = [best('processes'), best('threads'), best('by hand', 'by hand, threads'), best('Python')].map(cell)
    const unit = row.unit === '' ? '' : `, ${row.unit}`
    const title = `${row.title}${name === '' ? '' : `: ${name}`}${unit}`
    return `| ${[title, figure(own), figure(ownThreads), ...cells, ratio].join(' | ')} |`
  })
}

function ratioOf(own: number, other: number): string {
  return own === other ? 'equal' : `${(own / other).toFixed(2)} ×`
}

interface Best {
  readonly peer: string
  readonly figure: number
}

function figure(best: Best | undefined): string {
  return best === undefined ? '–' : short(best.figure)
}

function cell(best: Best | undefined): string {
  if (best === undefined) return '–'
  return best.peer === 'python' ? short(best.figure) : `${short(best.figure)} ${best.peer}`
}
