import { readFileSync } from 'node:fs'

/** What a process has for itself, in MiB; `null` where the system does not tell, or it has ended. */
export function privateMiB(pid: number | undefined): number | null {
  try {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
    const kib = [...text.matchAll(/^Private_(?:Clean|Dirty): +(\d+)/gm)].map(([, size]) => Number(size))
    return kib.reduce((sum, size) => sum + size, 0) / 1024
  } catch {
    return null
  }
}
