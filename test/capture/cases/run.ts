import { cases } from './all.ts'
import type { RoundTrip } from './case.ts'

/**
 * Runs the table as a program of its own, in whatever way this file is run. `ROUND_TRIP` names the compiled module with
 * which the cases reach another process; `WITHOUT` what this way of running does not keep, such as `names,files`;
 * `NESTED` makes a worker run the table.
 */
export async function main(): Promise<void> {
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
    if ([one.needs ?? []].flat().some((need) => without.includes(need))) continue
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

type Open = () => RoundTrip & { close(): Promise<void> }

function open(file: string): ReturnType<Open> {
  // A runner whose tests have a realm of their own has loaded it there.
  const { openRoundTrip = (nativeRequire(file) as { openRoundTrip: Open }).openRoundTrip } = globalThis as {
    openRoundTrip?: Open
  }
  return openRoundTrip()
}

// A bundler would take a plain `require` for its own. Jest compiles what it requires, also this.
function nativeRequire(file: string): unknown {
  return process.getBuiltinModule('node:module').createRequire(file)(file)
}

// In a test of some runner the test calls it.
if (process.env['TABLE_IS_A_TEST'] === undefined) {
  void main().then(() => process.env['END_WHEN_DONE'] !== undefined && process.exit())
}
