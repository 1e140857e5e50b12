import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'manycore'
import { SOON_MS } from '../support/processes.js'
import { Assailant } from './assailant.js'
import { HOARD, JOBS, type Outcomes, type Stage } from './jobs.js'
import { Ledger } from './ledger.js'
import { type Belongings, belongings, leftovers } from './left.js'
import { Random } from './random.js'
import { processVictims, threadVictims, type Victims } from './victims.js'

export interface Report extends Outcomes {
  readonly backend: 'process' | 'thread'
  readonly seed: number
  seconds: number
  rounds: number
  killed: number
  stopped: number
  starved: number
  /** Bytes of the heap after each round. */
  readonly heapBytes: number[]
  readonly violations: string[]
}

const ROUND_MS = 5000
const STUCK_MS = 60_000
// A heap that grows by more than that from the second round to the last keeps something.
const MOST_GROWTH_BYTES = 8_000_000

/** Runs pools under attack for so long, and tells what became of every task. */
export async function runChaos(
  seed: number,
  durationMs: number,
  backend: 'process' | 'thread' = 'process',
): Promise<Report> {
  const random = new Random(seed)
  const victims = backend === 'process' ? processVictims() : threadVictims()
  const report: Report = {
    backend,
    seed,
    seconds: 0,
    rounds: 0,
    killed: 0,
    stopped: 0,
    starved: 0,
    tasks: 0,
    right: 0,
    thrown: 0,
    retried: 0,
    givenUp: 0,
    ended: 0,
    lost: 0,
    timedOut: 0,
    aborted: 0,
    cancelled: 0,
    heapBytes: [],
    violations: [],
  }
  const folder = mkdtempSync(join(tmpdir(), 'chaos-'))
  const temp = mkdtempSync(join(folder, 'temp-'))
  const ownTemp = process.env['TMPDIR']
  process.env['TMPDIR'] = temp
  const startMs = performance.now()
  try {
    let before: Belongings | undefined
    while (performance.now() - startMs < durationMs && report.violations.length < 20) {
      const roundMs = Math.min(ROUND_MS, durationMs - (performance.now() - startMs))
      const ledger = new Ledger(join(folder, `ledger-${report.rounds}`))
      await playRound(random, victims, report, ledger, roundMs)
      ledger.clear()
      // What the first round leaves is there to stay: loaded modules, the reaper.
      const now = await settledBelongings(temp, victims, before)
      if (before !== undefined) report.violations.push(...leftovers(before, now))
      before ??= now
      report.heapBytes.push(now.heapBytes)
      report.rounds++
    }
    checkGrowth(report)
  } finally {
    if (ownTemp === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = ownTemp
    rmSync(folder, { recursive: true, force: true })
  }
  report.seconds = Math.round((performance.now() - startMs) / 1000)
  return report
}

/** One pool, several users of it, one assailant, and the reckoning. */
async function playRound(
  random: Random,
  victims: Victims,
  report: Report,
  ledger: Ledger,
  roundMs: number,
): Promise<void> {
  const isThreads = report.backend === 'thread'
  const pool = new Pool({
    backend: report.backend,
    ...(isThreads ? { resourceLimits: { maxOldGenerationSizeMb: 64 } } : {}),
    processes: random.between(1, 4),
    maxTasksPerWorker: random.pick([undefined, undefined, 500, 5000]),
  })
  const violated = (what: string): void => void report.violations.push(`round ${report.rounds}: ${what}`)
  const stage: Stage = {
    pool,
    random,
    file: ledger.file,
    outcomes: report,
    began: new Set(),
    mayBegin: new Set(),
    nextId: (count) => Array.from({ length: count }, () => ++report.tasks),
    violated,
  }
  const jobs = isThreads ? [...JOBS, HOARD] : JOBS
  const assailant = new Assailant(random, victims, (id) => victims.isStarted(id, pool))
  const assault = assailant.run()
  const endMs = performance.now() + roundMs
  const users = Array.from({ length: random.between(1, 4) }, async () => {
    while (performance.now() < endMs && report.violations.length < 20) {
      const job = random.pick(jobs)
      const stuck = setTimeout(
        () => violated(`job ${jobs.indexOf(job)} has not settled after ${STUCK_MS} ms; workers: ${victims.describe()}`),
        STUCK_MS,
      )
      try {
        await job(stage)
      } catch (error) {
        violated(`job ${jobs.indexOf(job)} threw ${error instanceof Error ? String(error.stack) : String(error)}`)
      }
      clearTimeout(stuck)
    }
  })
  await Promise.all(users)
  pool.close()
  const joined = await Promise.race([pool.join().then(() => true), sleep(STUCK_MS, false, { ref: false })])
  if (!joined) violated('join() has not settled')
  assailant.end()
  await assault
  report.killed += assailant.done.killed
  report.stopped += assailant.done.stopped
  report.starved += assailant.done.starved
  if (report.lost > report.killed) violated(`${report.lost} tasks were lost, but only ${report.killed} workers killed`)
  reckon(stage, ledger)
}

function reckon(stage: Stage, ledger: Ledger): void {
  const counts = ledger.counts()
  const ids = new Set<number>()
  for (const [line, count] of counts) {
    const id = parseInt(line, 10)
    ids.add(id)
    if (count > 1) stage.violated(`task ${line} ran ${count} times`)
    if (!stage.mayBegin.has(id)) stage.violated(`task ${line} ran, which nobody asked for`)
  }
  for (const id of stage.began) if (!ids.has(id)) stage.violated(`task ${id} has a result and never ran`)
}

// The ends of workers, and what they had open, are seen a moment later.
async function settledBelongings(temp: string, victims: Victims, before: Belongings | undefined): Promise<Belongings> {
  const endMs = performance.now() + SOON_MS
  for (;;) {
    await sleep(20)
    const now = belongings(temp, victims.all().length)
    const isSettled = now.workers === 0 && (before === undefined || leftovers(before, now).length === 0)
    if (isSettled || performance.now() > endMs) return now
  }
}

function checkGrowth({ heapBytes, violations }: Report): void {
  const [, second] = heapBytes
  const last = heapBytes.at(-1)
  if (second === undefined || last === undefined || last - second <= MOST_GROWTH_BYTES) return
  violations.push(`the heap grew from ${second} to ${last} bytes in ${heapBytes.length - 2} rounds`)
}
