import { Kind } from '../channel/messages.ts'
import { openPipe } from '../channel/pipe.ts'
import { enterTasks } from '../base/nesting.ts'
import { watchEnd } from './ending.ts'
import { makeOutputReliable } from './output.ts'

/** Where the owner puts the worker's end of the channel. */
const CHANNEL_FD = 3

type Loop = typeof import('./loop.ts')

/**
 * Opens the channel and says `ready` before anything is loaded that only a task needs; the rest is loaded while the
 * owner answers.
 */
export function start(load: () => Loop | Promise<Loop>): void {
  const channel = openPipe(CHANNEL_FD)
  channel.send({ kind: Kind.ready, task: 0, fn: 0, index: 0, count: 0, payload: undefined })
  channel.flush()
  makeOutputReliable(() => {
    channel.send({ kind: Kind.output, task: 0, fn: 0, index: 0, count: 0, payload: undefined })
  })
  watchEnd(channel)
  enterTasks()
  const loaded = load()
  if (loaded instanceof Promise) {
    channel.pause()
    void loaded.then((loop) => {
      loop.serve(channel)
      channel.resume()
    })
  } else {
    loaded.serve(channel)
  }
}
