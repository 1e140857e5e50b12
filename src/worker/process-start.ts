import { writeSync } from 'node:fs'
import { openPipe } from '../channel/pipe.ts'
import { makeOutputReliable } from './output.ts'
import { CHANNEL_FD } from './ready.ts'
import { sayReady, sayThatItPrints, start, type Load } from './start.ts'

/** Where the owner puts the file for the worker's journal, if it could make one. */
const JOURNAL_FD = 4

/** Makes this process a worker. `isReady` when its owner has been told already. */
export function startProcess(load: Load, isReady: boolean): void {
  const channel = openPipe(CHANNEL_FD)
  const home = { channel, place: `process ${process.pid}`, sharesMemory: false, journal: JOURNAL_FD }
  // In a listener for its end, process.exit() ends it at once.
  if (!isReady) sayReady(channel)
  start(home, load, { write, end: () => process.exit() })
  makeOutputReliable(() => sayThatItPrints(home.channel))
}

function write(text: string): void {
  try {
    writeSync(2, text)
  } catch {
    // Nobody reads it any more.
  }
}
