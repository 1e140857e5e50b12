import { readdirSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { childrenOf, targetsOfDescriptors } from '../support/workers.js'

/** What a process has, to be compared with what it had before. */
export interface Belongings {
  readonly workers: number
  readonly children: number
  readonly descriptors: readonly string[]
  readonly timers: number
  readonly files: readonly string[]
  readonly heapBytes: number
}

export function belongings(temp: string, workers: number): Belongings {
  collect()
  const children = childrenOf(process.pid).length
  return {
    workers,
    children,
    descriptors: targetsOfDescriptors().sort(),
    timers: process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length,
    files: readdirSync(temp),
    heapBytes: process.memoryUsage().heapUsed,
  }
}

/** In words, what is there that was not. */
export function leftovers(before: Belongings, now: Belongings): string[] {
  const left: string[] = []
  if (now.workers > 0) left.push(`${now.workers} workers are left`)
  if (now.children > before.children) left.push(`${now.children - before.children} processes are left`)
  if (now.descriptors.length > before.descriptors.length)
    left.push(
      `${now.descriptors.length} descriptors are open, before ${before.descriptors.length}: ${String(now.descriptors)}`,
    )
  if (now.timers > before.timers) left.push(`${now.timers} timers are set, before ${before.timers}`)
  if (now.files.length > 0) left.push(`temp files are left: ${String(now.files)}`)
  return left
}

function collect(): void {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  gc()
  gc()
}
