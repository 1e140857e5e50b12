import { createRequire } from 'node:module'
import { cases } from './all.ts'
import type { RoundTrip } from './case.ts'

/**
 * Runs the table as a program of its own, in whatever way this file is run. `ROUND_TRIP` names the compiled module with
 * which the cases reach another process; `WITHOUT` what this way of running does not keep, such as `names,files`.
 */
async function main(): Promise<void> {
  const file = process.env['ROUND_TRIP'] as string
  const { openRoundTrip } = createRequire(file)(file) as { openRoundTrip(): RoundTrip & { close(): Promise<void> } }
  const without = (process.env['WITHOUT'] ?? '').split(',')
  const peer = openRoundTrip()
  let failed = 0
  let run = 0
  for (const one of cases) {
    if (one.needs !== undefined && without.includes(one.needs)) continue
    run++
    try {
      await one.run(peer)
    } catch (error) {
      failed++
      console.log(`not ok: ${one.name}\n${error instanceof Error ? error.stack : String(error)}`)
    }
  }
  await peer.close()
  console.log(`${run - failed} of ${run} cases pass`)
  process.exitCode = failed === 0 ? 0 : 1
}

void main()
