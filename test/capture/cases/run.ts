import { createRequire } from 'node:module'
import { cases } from './all.ts'
import type { RoundTrip } from './case.ts'

/**
 * Runs the table as a program of its own, in whatever way this file is run. `ROUND_TRIP` names the compiled module with
 * which the cases reach another process; `WITHOUT` what this way of running does not keep, such as `names,files`;
 * `NESTED` makes a worker run the table.
 */
async function main(): Promise<void> {
  const file = process.env['ROUND_TRIP'] as string
  const without = (process.env['WITHOUT'] ?? '').split(',')
  if (process.env['NESTED'] === undefined) {
    console.log(await runTable(file, without))
    return
  }
  const peer = open(file)
  console.log(await peer.call(runTable, file, without))
  await peer.close()
}

async function runTable(file: string, without: readonly string[]): Promise<string> {
  const peer = open(file)
  const failures: string[] = []
  let run = 0
  for (const one of cases) {
    if (one.needs !== undefined && without.includes(one.needs)) continue
    run++
    try {
      await one.run(peer)
    } catch (error) {
      failures.push(`not ok: ${one.name}\n${error instanceof Error ? error.stack : String(error)}\n`)
    }
  }
  await peer.close()
  return `${failures.join('')}${run - failures.length} of ${run} cases pass`
}

function open(file: string): RoundTrip & { close(): Promise<void> } {
  const { openRoundTrip } = createRequire(file)(file) as { openRoundTrip(): RoundTrip & { close(): Promise<void> } }
  return openRoundTrip()
}

void main()
