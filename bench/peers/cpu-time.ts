import { readdirSync, readFileSync } from 'node:fs'

/** CPU time of a process and all that it has started, in ms; 0 where there is no /proc. */
export function cpuMsOfTree(root: number): number {
  const parents = new Map<number, number>()
  const times = new Map<number, number>()
  for (const name of readNames('/proc')) {
    const pid = Number(name)
    if (!Number.isInteger(pid)) continue
    const fields = readText(`/proc/${pid}/stat`).split(') ')[1]?.split(' ') ?? []
    parents.set(pid, Number(fields[1]))
    times.set(pid, (Number(fields[11]) + Number(fields[12])) * 10)
  }
  let sum = 0
  for (const [pid, ms] of times) {
    for (let at: number | undefined = pid; at !== undefined && at > 1; at = parents.get(at)) {
      if (at !== root) continue
      sum += ms
      break
    }
  }
  return sum
}

function readNames(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
