// Attacks pools at random, and fails when one of them does not keep what is promised.
//
//   npm run chaos -- --seed 7 --minutes 10 --backend thread
import { parseArgs } from 'node:util'
import { type Report, runChaos } from './run.js'

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    minutes: { type: 'string', default: '1' },
    backend: { type: 'string', default: 'process' },
  },
})
const seed = Number(values.seed ?? Date.now() % 1_000_000)
const minutes = Number(values.minutes)
const { backend } = values
if (!Number.isInteger(seed) || !(minutes > 0))
  throw new TypeError('--seed takes an integer, --minutes a number over 0.')

if (backend !== 'process' && backend !== 'thread') throw new TypeError('--backend takes process or thread.')

void runChaos(seed, minutes * 60_000, backend).then((report) => {
  print(report)
  if (report.violations.length > 0) process.exitCode = 1
})

function print(report: Report): void {
  const { heapBytes, violations, ...counts } = report
  for (const [name, count] of Object.entries(counts)) console.log(`${name.padEnd(10)} ${count}`)
  const mb = (bytes: number | undefined): string => ((bytes ?? 0) / 1e6).toFixed(1)
  console.log(
    `heap       ${mb(heapBytes[1] ?? heapBytes[0])} MB after the second round, ${mb(heapBytes.at(-1))} MB after the last`,
  )
  for (const one of violations) console.log(`VIOLATION  ${one}`)
  console.log(violations.length === 0 ? 'Everything was as promised.' : `seed ${report.seed} broke a promise.`)
}
