import { fstatSync } from 'node:fs'
import { fileStore, sharedStore, type JournalStore } from '../channel/journal-store.ts'
import type { Home } from './home.ts'

/** Where a worker keeps its journal, if there is such a place. */
export function storeFor(journal: Home['journal']): JournalStore | undefined {
  if (typeof journal !== 'number') return sharedStore(journal)
  // Instead of a file there may be /dev/null, or nothing.
  return isFile(journal) ? fileStore(journal) : undefined
}

function isFile(fd: number): boolean {
  try {
    return fstatSync(fd).isFile()
  } catch {
    return false
  }
}
