import { readFileSync, rmSync } from 'node:fs'

/**
 * What tasks did, as a file knows it to which each of them appends its number when it begins (O_APPEND: lines of several
 * processes do not mix).
 */
export class Ledger {
  readonly file: string

  constructor(file: string) {
    this.file = file
  }

  /** How often each line was written: the number of a task, and behind it which attempt it is where there are several. */
  counts(): Map<string, number> {
    const counts = new Map<string, number>()
    for (const line of this.#lines()) counts.set(line, (counts.get(line) ?? 0) + 1)
    return counts
  }

  clear(): void {
    rmSync(this.file, { force: true })
  }

  #lines(): string[] {
    try {
      return readFileSync(this.file, 'utf8').split('\n').slice(0, -1)
    } catch {
      return []
    }
  }
}
