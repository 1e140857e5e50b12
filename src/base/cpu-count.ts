import { ArgumentError } from './errors.ts'

let measured: number | undefined

/**
 * How many workers can run at the same time here: the cores that this process may use, by its CPU affinity and by the
 * CPU quota of its control group, and at least 1. The environment variable `MANYCORE_CPU_COUNT` overrides both, and an
 * `ArgumentError` tells when it holds something other than a whole number of at least 1.
 *
 * ```ts
 * import { cpuCount } from 'manycore'
 *
 * console.log(cpuCount() >= 1)
 * ```
 *
 * Follows `os.process_cpu_count()` and `PYTHON_CPU_COUNT` of Python 3.13, and heeds the quota besides.
 */
export function cpuCount(): number {
  const override = process.env['MANYCORE_CPU_COUNT']
  if (override !== undefined && override !== '') return checkOverride(override)
  measured ??= Math.max(1, Math.min(affine(), Math.ceil(cgroupQuota(readText))))
  return measured
}

/**
 * Cores granted by the CPU quotas of this process's control groups, `Infinity` where there is none. libuv heeds them
 * only from 1.49 (Node 22.10); a quota anywhere above the own group counts too.
 */
export function cgroupQuota(read: (file: string) => string | undefined): number {
  let least = Infinity
  for (const line of (read('/proc/self/cgroup') ?? '').split('\n')) {
    const [, controllers, group] = /^\d+:([^:]*):(.*)$/.exec(line) ?? []
    if (controllers === undefined || group === undefined) continue
    if (controllers === '') {
      for (const folder of upwards(group)) least = Math.min(least, quotaOf(read(`/sys/fs/cgroup${folder}/cpu.max`)))
    } else if (controllers.split(',').includes('cpu')) {
      for (const folder of upwards(group)) {
        const quota = read(`/sys/fs/cgroup/cpu${folder}/cpu.cfs_quota_us`)
        const period = read(`/sys/fs/cgroup/cpu${folder}/cpu.cfs_period_us`)
        least = Math.min(least, quotaOf(quota && period && `${quota.trim()} ${period.trim()}`))
      }
    }
  }
  return least
}

function checkOverride(text: string): number {
  const count = Number(text)
  if (Number.isSafeInteger(count) && count >= 1) return count
  throw new ArgumentError(`MANYCORE_CPU_COUNT must be a whole number of at least 1, got '${text}'.`)
}

function affine(): number {
  return process.getBuiltinModule('node:os').availableParallelism()
}

function readText(file: string): string | undefined {
  try {
    return process.getBuiltinModule('node:fs').readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

/** `/a/b` → `/a/b`, `/a`, ``. */
function upwards(group: string): string[] {
  const parts = group.split('/').filter((part) => part !== '')
  return Array.from({ length: parts.length + 1 }, (_, cut) =>
    parts
      .slice(0, parts.length - cut)
      .map((part) => `/${part}`)
      .join(''),
  )
}

/** "200000 100000" (quota and period in microseconds) → 2; "max …", "-1 …" and nonsense → no limit. */
function quotaOf(text: string | undefined): number {
  const [quota, period] = (text ?? '').trim().split(' ').map(Number)
  return quota !== undefined && period !== undefined && quota > 0 && period > 0 ? quota / period : Infinity
}
