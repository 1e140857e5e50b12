import type { ChannelError } from '../base/errors.ts'
import { atMicrotask } from '../base/event-loop.ts'
import type { Channel } from '../channel/channel.ts'
import { Kind, type Message } from '../channel/messages.ts'
import { owned } from '../channel/owned.ts'

export interface WorkerChannelEvents {
  ready(): void
  /** Somebody has logged something there. */
  logged(message: Message): void
  /** Messages are about to be delivered, of a worker that prints: what it had printed before is to come first. */
  beforeMessages(): void
}

/**
 * The channel of a worker as its users see it: `ready`, `output` and `log` are kept back, the end is the backend's
 * business, and messages for which nobody has set a handler yet are kept until somebody does. Without an inner channel (a
 * worker that never came into being) everything is dropped.
 */
export class WorkerChannel implements Channel {
  onClose: (error: ChannelError | undefined) => void = ignore
  readonly #inner: Channel | undefined
  readonly #events: WorkerChannelEvents
  #handler: ((message: Message) => void) | undefined
  #early: Message[] = []
  #isLast = false
  #prints = false
  #caughtUp = false

  constructor(inner: Channel | undefined, events: WorkerChannelEvents) {
    this.#inner = inner
    this.#events = events
    if (inner === undefined) return
    inner.onMessage = (message) => this.#take(message)
    inner.onClose = (error) => this.onClose(error)
  }

  get onMessage(): (message: Message) => void {
    return this.#handler ?? ignore
  }

  set onMessage(handler: (message: Message) => void) {
    this.#handler = handler
    for (const message of this.#early.splice(0)) handler(message)
  }

  get waiting(): number {
    return this.#inner?.waiting ?? 0
  }

  send(message: Message): boolean {
    return this.#inner?.send(message) ?? true
  }

  flush(): void {
    this.#inner?.flush()
  }

  emptied(): Promise<void> {
    return this.#inner?.emptied() ?? Promise.resolve()
  }

  drained(): Promise<void> {
    return this.#inner?.drained() ?? Promise.resolve()
  }

  pause(): void {
    if (!this.#isLast) this.#inner?.pause()
  }

  resume(): void {
    this.#inner?.resume()
  }

  /** The worker has ended: what it had sent is read to the end, whoever has paused it. */
  readRest(): void {
    this.#isLast = true
    this.#inner?.resume()
  }

  close(): void {
    this.#inner?.close()
  }

  finish(): void {
    this.#inner?.finish()
  }

  destroy(): void {
    this.#inner?.destroy()
  }

  ref(): void {
    this.#inner?.ref()
  }

  unref(): void {
    this.#inner?.unref()
  }

  #take(message: Message): void {
    if (message.kind === Kind.ready) {
      this.#events.ready()
    } else if (message.kind === Kind.output) {
      this.#prints = true
    } else if (message.kind === Kind.log) {
      this.#events.logged(message)
    } else {
      if (this.#prints) this.#catchUp()
      if (this.#handler === undefined) this.#early.push(owned(message))
      else this.#handler(message)
    }
  }

  // All messages of one turn had arrived before the first of them is delivered, and so had what was printed before.
  #catchUp(): void {
    if (this.#caughtUp) return
    this.#caughtUp = true
    this.#events.beforeMessages()
    atMicrotask(() => {
      this.#caughtUp = false
    })
  }
}

function ignore(): void {}
