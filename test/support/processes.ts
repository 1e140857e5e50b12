import { readFileSync, readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * What should happen within milliseconds happens within this time on the slowest machine, too: one core, which all test
 * files share with somebody else's work. It must stay below the 60 seconds for which fixtures sleep.
 */
export const SOON_MS = 30_000

/** Whether the process runs; one that has ended and was not waited for by its parent does not count. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  try {
    return !/^\d+ \(.*\) Z /s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return process.platform !== 'linux'
  }
}

/** Resolves when only so many of the processes still run; rejects when the time is up. */
export async function fewLeft(pids: readonly number[], count: number, withinMs: number = SOON_MS): Promise<void> {
  const deadline = performance.now() + withinMs
  while (pids.filter(isRunning).length > count) {
    if (performance.now() > deadline) throw new Error(`more than ${count} still run after ${withinMs} ms`)
    await sleep(10)
  }
}

/** Resolves when none of the processes runs any more; rejects with those that still do when the time is up. */
export async function allGone(pids: readonly number[], withinMs: number = SOON_MS): Promise<void> {
  const deadline = performance.now() + withinMs
  let left = pids.filter(isRunning)
  // The end of a process that is not our child raises no event.
  while (left.length > 0 && performance.now() < deadline) {
    await sleep(10)
    left = left.filter(isRunning)
  }
  if (left.length > 0) throw new Error(`still running after ${withinMs} ms: ${left.join(', ')}`)
}

/** Resolves when a signal has stopped all of the processes. */
export async function areStopped(pids: readonly number[]): Promise<void> {
  const isStopped = (pid: number): boolean => /^\d+ \(.*\) T /s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  while (!pids.every(isStopped)) await sleep(2)
}

/** The process and all that it has started, as far as they can still be told to be its own. */
export function familyOf(pid: number): number[] {
  const family = [pid]
  const parents = parentsOfAll()
  for (const one of family) for (const [child, parent] of parents) if (parent === one) family.push(child)
  return family
}

function parentsOfAll(): [pid: number, parent: number][] {
  try {
    return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [[Number(name), parentOf(name)]] : []))
  } catch {
    return []
  }
}

function parentOf(pid: string): number {
  try {
    return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[1])
  } catch {
    return NaN
  }
}
