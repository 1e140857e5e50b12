import { bareMessage } from '../channel/bare-message.ts'
import type { Channel } from '../channel/channel.ts'
import { Kind } from '../channel/messages.ts'

// Reading it takes about ten microseconds, several times as long as a tiny task.
const LEAST_BETWEEN_MS = 1

/** Gives what tells the owner once, when called after a task, that this process holds more memory than it may. */
export function watchMemory(channel: Channel, mostBytes: number): () => void {
  let lookedMs = -Infinity
  let told = false
  return () => {
    const nowMs = performance.now()
    if (told || nowMs - lookedMs < LEAST_BETWEEN_MS) return
    lookedMs = nowMs
    if (process.memoryUsage.rss() <= mostBytes) return
    told = true
    channel.send(bareMessage(Kind.full))
  }
}
