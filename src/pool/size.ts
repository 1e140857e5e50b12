import { checkDuration, checkInteger, checkOptions } from '../base/argument.ts'
import { cpuCount } from '../base/cpu-count.ts'
import { ArgumentError } from '../base/errors.ts'

/** How many workers a pool has. They are started when there is work for them. */
export interface PoolSize {
  /** So many are started at once and stay when there is nothing to do. Default: 0. */
  readonly min?: number | undefined
  /** The most at once. Default: `cpuCount()`, or `min` when that is more. */
  readonly max?: number | undefined
  /** Milliseconds without work after which a worker above `min` ends. Default: 10,000; `Infinity`: never. */
  readonly idleTimeout?: number | undefined
}

/** A size with everything checked. */
export interface CheckedSize {
  readonly min: number
  readonly max: number
  readonly idleTimeoutMs: number
}

/** A bare number is the most at once, and none of them ends for want of work. */
export function checkSize(name: string, size: number | PoolSize | undefined): CheckedSize {
  if (size === undefined) return { min: 0, max: cpuCount(), idleTimeoutMs: Infinity }
  if (size === null || typeof size !== 'object')
    return { min: 0, max: checkInteger(name, size, 1), idleTimeoutMs: Infinity }
  checkOptions(name, size, ['min', 'max', 'idleTimeout'])
  const min = size.min === undefined ? 0 : checkInteger(`${name}.min`, size.min, 0)
  const max = size.max === undefined ? Math.max(min, cpuCount()) : checkInteger(`${name}.max`, size.max, 1)
  if (min > max) throw new ArgumentError(`${name}.min must not be more than ${name}.max, got ${min} and ${max}.`)
  const idleTimeoutMs = checkDuration(`${name}.idleTimeout`, size.idleTimeout ?? IDLE_MS)
  if (idleTimeoutMs < 0) throw new ArgumentError(`${name}.idleTimeout must be at least 0 ms, got ${idleTimeoutMs}.`)
  return { min, max, idleTimeoutMs }
}

const IDLE_MS = 10_000
