import { assertMaySpawn } from '../base/nesting.ts'
import { isWorkerEntry } from './entry-url.ts'

/**
 * Throws `MC_WORKER_NESTED` where a program would start itself. For whoever starts something new: workers of a pool that
 * has some may be replaced at any time.
 */
export function checkMaySpawn(): void {
  assertMaySpawn(isWorkerEntry(process.argv[1]))
}
