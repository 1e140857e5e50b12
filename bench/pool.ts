// What a pool costs and how well it shares the work out: the rows of the speed table for manycore alone, for both of its
// backends, in one process.
//
//   npm run bench -- [--rounds N] [--write] [row …]
//
// Rounds follow each other over all rows, and medians are shown, because one machine is twice as fast as itself a second
// later. `npm run bench:peers` runs the same beside other libraries. CPU time is that of this process and its threads.
import { parseArgs } from 'node:util'
import { manycore } from './peers/manycore.ts'
import { rows } from './peers/rows.ts'
import { machine, median, short, writeBetween } from './report.ts'

const WORKERS = 2

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '5' }, write: { type: 'boolean', default: false } },
})
const chosen = rows.filter(({ key }) => (positionals.length === 0 ? key !== 'crash' : positionals.includes(key)))
const figures = new Map<string, number[]>()

for (let round = 0; round < Number(values.rounds); round++) {
  for (const backend of ['process', 'thread'] as const) {
    for (const row of chosen) {
      const outcome = await row.measure(manycore(backend), WORKERS, backend)
      if (!('figures' in outcome)) continue
      for (const [name, figure] of Object.entries(outcome.figures)) {
        const title = `${row.title}${name === '' ? '' : `: ${name}`}${row.unit === '' ? '' : `, ${row.unit}`}`
        const key = `${title}\t${backend}`
        figures.set(key, [...(figures.get(key) ?? []), figure])
      }
    }
  }
}

const titles = new Set([...figures.keys()].map((key) => key.split('\t')[0] ?? ''))
const lines = [...titles].map((title) => {
  const cells = ['process', 'thread'].map((backend) => {
    const all = figures.get(`${title}\t${backend}`) ?? []
    return `${short(median(all))} (${short(Math.min(...all))} … ${short(Math.max(...all))})`
  })
  return `| ${title} | ${cells.join(' | ')} |`
})
const heading = `${machine()}, ${WORKERS} workers, median (least … most) of ${values.rounds} rounds.`
const table = [heading, '', '| work | processes | threads |', '|---|---|---|', ...lines].join('\n')
console.log(table)
if (values.write) writeBetween('pool', table)
