/** What a worker uses, as it tells itself. Bytes and milliseconds. */
export interface WorkerUsage {
  /** Memory of its JavaScript objects, garbage included. */
  readonly heap: number
  /** CPU time since its start: of a process, with all of its threads; of a thread where Node tells it, from 23.9 on. */
  readonly cpu: number | undefined
  /**
   * How long its event loop was idle and active since its start, and the share of the latter, from 0 to 1; as of
   * `performance.eventLoopUtilization()`, which also gives the difference of two of these.
   */
  readonly eventLoop: { readonly idle: number; readonly active: number; readonly utilization: number }
}

/** What this worker uses. `isThread`: it shares its process with others. */
export function currentUsage(isThread: boolean): WorkerUsage {
  const { idle, active, utilization } = performance.eventLoopUtilization()
  return { heap: process.memoryUsage().heapUsed, cpu: cpuMs(isThread), eventLoop: { idle, active, utilization } }
}

function cpuMs(isThread: boolean): number | undefined {
  const { threadCpuUsage } = process as { threadCpuUsage?: () => NodeJS.CpuUsage }
  const usage = isThread ? threadCpuUsage?.() : process.cpuUsage()
  return usage && (usage.user + usage.system) / 1000
}
