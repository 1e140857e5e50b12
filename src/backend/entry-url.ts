import { fileURLToPath } from 'node:url'

/**
 * What a worker process and a thread run. The only place that knows where that lies, relative to this file; so it does
 * from the file that this one is joined into (scripts/joined-groups.mjs).
 */
export function processEntryPath(): string {
  return (ofProcess ??= fileURLToPath(new URL('../worker/process-entry.cjs', import.meta.url)))
}

export function threadEntryPath(): string {
  return (ofThread ??= fileURLToPath(new URL('../worker/thread-entry.cjs', import.meta.url)))
}

/** Whether the program that runs here is a worker's. */
export function isWorkerEntry(program: string | undefined): boolean {
  return program === processEntryPath() || program === threadEntryPath()
}

let ofProcess: string | undefined
let ofThread: string | undefined
