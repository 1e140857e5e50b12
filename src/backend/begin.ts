import { assertMaySpawn } from '../base/nesting.ts'
import { createJournalFile } from '../channel/journal-store.ts'
import { isWorkerEntry } from './entry-url.ts'
import { type LaunchOptions, launch } from './launch.ts'
import type { Begun } from './launched.ts'

/**
 * Starts a process before what is needed to run a worker is loaded: a cold Node takes about as long for that as the
 * process takes to begin, and the one need not wait for the other. Until it is told who it is, it only waits.
 */
export function begin(options: LaunchOptions): Begun {
  assertMaySpawn(isWorkerEntry(process.argv[1]))
  const journalFd = createJournalFile()
  return { launched: launch(options, journalFd), journalFd }
}
