import { readFileSync } from 'node:fs'
import { platform } from '../base/environment.ts'
import type { WorkerUsage } from '../worker/usage.ts'
import type { HistogramStats } from './histogram.ts'
import type { Member } from './member.ts'
import type { Tally } from './tally.ts'

/** What a pool has done and is doing. Counts are of tasks, each item of a map being one; times are milliseconds. */
export interface PoolStats {
  /** Not begun: they wait in the pool, or with a worker behind another task. */
  readonly queued: number
  /** Workers that have a task now. */
  readonly running: number
  readonly done: number
  /** Those that threw, could not travel, or took too long, for good: after all of their `retries`. */
  readonly failed: number
  /** How often a task was run again. */
  readonly retried: number
  /** Those that were lost with their worker, for good. */
  readonly lost: number
  /**
   * How long tasks ran. Calls of `apply` that travel alone are timed from here, so that the way of their answer is part of
   * it; items that were answered together count with their mean.
   */
  readonly run: HistogramStats
  /** How long tasks waited, from the call (items of a lazy source: from when they were pulled) until they began. */
  readonly wait: HistogramStats
  readonly workers: readonly WorkerStats[]
}

/** One worker of a pool. */
export interface WorkerStats {
  readonly name: string
  readonly index: number
  readonly pid: number | undefined
  readonly state: 'starting' | 'preparing' | 'ready' | 'leaving' | 'gone'
  /** Tasks that it has answered. */
  readonly tasks: number
  /** Which share of its time it had a task, from 0 to 1. */
  readonly busy: number
  /** Resident memory in bytes, where the system tells: Linux, processes. */
  readonly memory: number | undefined
  /** CPU time in milliseconds, in steps of 10; as `memory`. */
  readonly cpu: number | undefined
  /** What the worker itself tells, and only `pool.measure()` asks for. */
  readonly usage: WorkerUsage | undefined
}

/** `waiting`: with no worker yet; `isProcess`: the workers are processes; `usages`: of those that were asked. */
export function statsOf(
  members: readonly Member[],
  { done, failed, retried, lost, run, wait }: Tally,
  waiting: number,
  isProcess: boolean,
  usages?: ReadonlyMap<Member, WorkerUsage>,
): PoolStats {
  let [queued, running] = [waiting, 0]
  for (const member of members) {
    if (member.batches.length === 0 || member.runsHook) continue
    running++
    queued += Math.max(0, member.items - 1)
  }
  const nowMs = performance.now()
  const workers = members.map((member) => describe(member, nowMs, isProcess, usages?.get(member)))
  return { queued, running, done, failed, retried, lost, run: run.stats(), wait: wait.stats(), workers }
}

function describe(member: Member, nowMs: number, isProcess: boolean, usage: WorkerUsage | undefined): WorkerStats {
  const { worker, index, state, tasks } = member
  const { memory, cpu } = (isProcess ? usageOf(worker.pid) : undefined) ?? { memory: undefined, cpu: undefined }
  const busy = member.phases.busyShare(nowMs)
  return { name: member.name, index, pid: worker.pid, state, tasks, busy, memory, cpu, usage }
}

// The clock of /proc ticks a hundred times a second on every system that Node runs on, and a page has 4 KiB on most.
const TICK_MS = 10
const PAGE_BYTES = 4096

function usageOf(pid: number | undefined): { readonly memory: number; readonly cpu: number } | undefined {
  if (pid === undefined || !platform().hasProcfs) return undefined
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)?.split(' ').map(Number) ?? []
    const [user = NaN, system = NaN, pages = NaN] = [fields[11], fields[12], fields[21]]
    return { memory: pages * PAGE_BYTES, cpu: (user + system) * TICK_MS }
  } catch {
    return undefined
  }
}
