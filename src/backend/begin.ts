import { createJournalFile } from '../channel/journal-store.ts'
import { launch } from './launch.ts'
import type { BegunProcess } from './launched.ts'
import type { SpawnOptions } from './backend.ts'

/**
 * Starts a process before what is needed to run a worker is loaded: a cold Node takes about as long for that as the
 * process takes to begin, and the one need not wait for the other. Until it is told who it is, it only waits.
 */
export function begin(options: SpawnOptions): BegunProcess {
  const journalFd = createJournalFile()
  return { identity: options.identity, launched: launch(options, journalFd), journalFd }
}
