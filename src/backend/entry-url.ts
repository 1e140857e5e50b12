import { fileURLToPath } from 'node:url'

/**
 * What a worker process runs. The only place that knows where it lies: the package is built file by file, so its
 * place relative to this file never changes.
 */
export function processEntryPath(): string {
  path ??= fileURLToPath(new URL('../worker/process-entry.cjs', import.meta.url))
  return path
}

let path: string | undefined
