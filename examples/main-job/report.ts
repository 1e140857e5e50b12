import { isDeepStrictEqual } from 'node:util'

/** What the job finds out about one file; `problem` stands in for it where the file could not be read. */
export interface Result {
  readonly path: string
  readonly bytes: number
  readonly lines: number
  readonly gzip: number
  readonly sha256: string
  readonly problem: string | undefined
  /** Who did it, and how long it took. */
  readonly worker: string
  readonly ms: number
}

/** Paths whose results differ, and paths that could be read in one of the two runs only. */
export function compare(one: readonly Result[], many: readonly Result[]): { differ: string[]; changed: string[] } {
  const differ: string[] = []
  const changed: string[] = []
  for (const [at, first] of one.entries()) {
    const second = many[at]
    if (second !== undefined && isDeepStrictEqual(facts(first), facts(second))) continue
    const vanished = (first.problem === undefined) !== (second?.problem === undefined)
    if (vanished) changed.push(first.path)
    else differ.push(first.path)
  }
  return { differ, changed }
}

/** One line per worker: how many files and bytes it read, and how long it was busy. */
export function perWorker(results: readonly Result[]): string[] {
  const workers = new Map<string, { files: number; bytes: number; ms: number }>()
  for (const { worker, bytes, ms } of results) {
    const sum = workers.get(worker) ?? { files: 0, bytes: 0, ms: 0 }
    workers.set(worker, { files: sum.files + 1, bytes: sum.bytes + bytes, ms: sum.ms + ms })
  }
  return [...workers]
    .sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
    .map(([worker, sum]) => `${worker}: ${sum.files} files, ${megabytes(sum.bytes)}, ${seconds(sum.ms)} of work`)
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}

export function seconds(ms: number): string {
  return `${(ms / 1e3).toFixed(2)} s`
}

function facts({ path, bytes, lines, gzip, sha256, problem }: Result): unknown {
  return { path, bytes, lines, gzip, sha256, problem }
}
