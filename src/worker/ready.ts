import { writeSync } from 'node:fs'
import { bareFrame } from '../channel/framing.ts'
import { Kind } from '../channel/messages.ts'

/** Where the owner puts the worker's end of the channel. */
export const CHANNEL_FD = 3

/**
 * Tells the owner of a process that it runs, before anything is loaded that the channel needs: what the owner sends from
 * then on waits in it. Says whether that could be done.
 */
export function sayReadyAtOnce(): boolean {
  // A pipe of Windows cannot be written to at once.
  if (process.platform === 'win32') return false
  try {
    writeSync(CHANNEL_FD, bareFrame(Kind.ready))
    return true
  } catch {
    // The channel will find out what is wrong with it.
    return false
  }
}
