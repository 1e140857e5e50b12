import { atNextTurn } from '../base/event-loop.ts'
import { enterTasks } from '../base/nesting.ts'
import { bareMessage } from '../channel/bare-message.ts'
import type { Channel } from '../channel/channel.ts'
import { Kind } from '../channel/messages.ts'
import { endWith, watchEnd, type ErrorOutput } from './ending.ts'
import type { Home } from './home.ts'

type Loop = typeof import('./loop.ts')
export type Load = () => Loop | Promise<Loop>

/** Before anything is loaded that only a task needs: the rest is loaded while the owner answers. */
export function sayReady(channel: Channel): void {
  channel.send(bareMessage(Kind.ready))
  channel.flush()
}

/** Serves the owner. What every function needs is loaded while there is no message. */
export function start(home: Home, load: Load, errors: ErrorOutput): void {
  const { channel } = home
  watchEnd(channel, errors)
  enterTasks()
  const loaded = load()
  if (loaded instanceof Promise) {
    channel.pause()
    void loaded.then((loop) => {
      endWith(loop.serve(home))
      channel.resume()
    })
  } else {
    endWith(loaded.serve(home))
    // Behind what has arrived already.
    atNextTurn(loaded.loadForFunctions)
  }
}

/** To be called before the first of what it prints leaves. */
export function sayThatItPrints(channel: Channel): void {
  channel.send(bareMessage(Kind.output))
}
