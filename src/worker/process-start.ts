import { writeSync } from 'node:fs'
import { openPipe } from '../channel/pipe.ts'
import { makeOutputReliable } from './output.ts'
import { sayThatItPrints, start, type Load } from './start.ts'

/** Where the owner puts the worker's end of the channel. */
const CHANNEL_FD = 3

/** Where the owner puts the file for the worker's journal, if it could make one. */
const JOURNAL_FD = 4

/** Makes this process a worker. */
export function startProcess(load: Load): void {
  const channel = openPipe(CHANNEL_FD)
  const home = { channel, place: `process ${process.pid}`, sharesMemory: false, journal: JOURNAL_FD }
  // In a listener for its end, process.exit() ends it at once.
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
