import { fileURLToPath } from 'node:url'

/**
 * What a worker process and a thread run. The only place that knows where that lies: the package is built file by file,
 * so its place relative to this file never changes.
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
