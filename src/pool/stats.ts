import { readFileSync } from 'node:fs'
import type { Counts } from './counts.ts'
import type { Member } from './member.ts'

/** What a pool has done and is doing. Counts are of tasks, each item of a map being one. */
export interface PoolStats {
  /** Not begun: they wait in the pool, or with a worker behind another task. */
  readonly queued: number
  /** Workers that have a task now. */
  readonly running: number
  readonly done: number
  /** Those that threw, or could not travel. */
  readonly failed: number
  /** Those that were lost with their worker. */
  readonly lost: number
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
}

/** `past`: of workers that have ended; `waiting`: with no worker yet. */
export function statsOf(members: readonly Member[], past: Counts, waiting: number, processes: boolean): PoolStats {
  let { done, failed, lost } = past
  let [queued, running] = [waiting, 0]
  const nowMs = performance.now()
  for (const member of members) {
    done += member.counts.done
    failed += member.counts.failed
    lost += member.counts.lost
    if (member.batches.length === 0 || member.runsHook) continue
    running++
    queued += Math.max(0, member.items - 1)
  }
  const workers = members.map((member) => describe(member, nowMs, processes))
  return { queued, running, done, failed, lost, workers }
}

function describe(member: Member, nowMs: number, isProcess: boolean): WorkerStats {
  const { worker, index, state, counts } = member
  const { memory, cpu } = (isProcess ? usageOf(worker.pid) : undefined) ?? { memory: undefined, cpu: undefined }
  const tasks = counts.done + counts.failed
  return {
    name: worker.identity.name,
    index,
    pid: worker.pid,
    state,
    tasks,
    busy: member.busyShare(nowMs),
    memory,
    cpu,
  }
}

// The clock of /proc ticks a hundred times a second on every system that Node runs on, and a page has 4 KiB on most.
const TICK_MS = 10
const PAGE_BYTES = 4096

function usageOf(pid: number | undefined): { readonly memory: number; readonly cpu: number } | undefined {
  if (pid === undefined || process.platform !== 'linux') return undefined
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)?.split(' ').map(Number) ?? []
    const [user = NaN, system = NaN, pages = NaN] = [fields[11], fields[12], fields[21]]
    return { memory: pages * PAGE_BYTES, cpu: (user + system) * TICK_MS }
  } catch {
    return undefined
  }
}
