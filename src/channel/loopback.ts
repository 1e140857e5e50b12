import { ChannelError } from '../base/errors.ts'
import { atNextTurn } from '../base/event-loop.ts'
import type { Channel } from './channel.ts'
import { mostBytes } from './framing.ts'
import type { Message } from './messages.ts'
import { HIGH_WATER_BYTES } from './outbox.ts'

/**
 * Both ends of a channel within one thread, for the inline backend and for tests. It behaves as one between processes:
 * messages arrive later, in order, and share no memory with what was sent.
 */
export function openLoopback(): [Channel, Channel] {
  const one = new Loopback()
  const other = new Loopback()
  one.join(other)
  other.join(one)
  return [one, other]
}

class Loopback implements Channel {
  onMessage: (message: Message) => void = ignore
  onClose: (error: ChannelError | undefined) => void = ignore
  #other!: Loopback
  // What the other end sent and this one has not handled yet.
  #inbox: Message[] = []
  #inboxBytes = 0
  #immediate: NodeJS.Immediate | undefined
  #paused = false
  #closing = false
  #otherEnded = false
  #over = false
  #closed = false
  #error: ChannelError | undefined
  #waiters: { readonly limit: number; readonly resolve: () => void }[] = []

  join(other: Loopback): void {
    this.#other = other
  }

  get waiting(): number {
    return this.#other.#inboxBytes
  }

  send(message: Message): boolean {
    if (this.#closing || this.#other.#over) return true
    const other = this.#other
    other.#inbox.push(copied(message))
    other.#inboxBytes += mostBytes(message)
    other.#schedule()
    return this.waiting < HIGH_WATER_BYTES
  }

  flush(): void {
    // What was sent is on its way already.
  }

  drained(): Promise<void> {
    return this.#below(HIGH_WATER_BYTES)
  }

  emptied(): Promise<void> {
    return this.#below(1)
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#schedule()
  }

  close(): void {
    if (this.#closing) return
    this.#closing = true
    this.#other.#otherEnded = true
    this.#other.#schedule()
  }

  finish(): void {
    this.close()
  }

  destroy(): void {
    this.close()
    this.#over = true
    this.#paused = false
    this.#inbox = []
    this.#inboxBytes = 0
    this.#schedule()
    this.#other.#wake()
  }

  // There is nothing that could keep the program alive but messages on their way, and these are delivered at once: the
  // event loop would sleep on an immediate that is unreferenced until something else wakes it.
  ref(): void {}
  unref(): void {}

  #schedule(): void {
    if (this.#immediate !== undefined || this.#paused || this.#closed) return
    this.#immediate = atNextTurn(() => {
      this.#immediate = undefined
      this.#deliver()
      this.#other.#wake()
      this.#endIfDone()
    })
  }

  #deliver(): void {
    // What is sent meanwhile waits for the next turn, so that two ends that answer each other do not hold up the rest.
    for (let left = this.#inbox.length; left > 0 && !this.#paused && !this.#over; left--) {
      const message = this.#inbox.shift() as Message
      this.#inboxBytes -= mostBytes(message)
      try {
        this.onMessage(message)
      } catch (cause) {
        const text = 'The handler of a message threw, which ends its channel.'
        this.#error = new ChannelError('MC_CHANNEL_CLOSED', text, { cause })
        this.destroy()
      }
    }
    if (this.#inbox.length > 0) this.#schedule()
  }

  // An end is over when both have said that they will not send any more and everything was handled.
  #endIfDone(): void {
    if (this.#closed || this.#paused) return
    if (!this.#over) {
      if (!this.#otherEnded || this.#inbox.length > 0) return
      this.close()
      if (this.#other.#inbox.length > 0) return
    }
    this.#closed = true
    this.#over = true
    this.#wake()
    this.#other.#schedule()
    this.onClose(this.#error)
  }

  #below(limit: number): Promise<void> {
    if (this.#over || this.#other.#over || this.waiting < limit) return Promise.resolve()
    return new Promise((resolve) => this.#waiters.push({ limit, resolve }))
  }

  #wake(): void {
    const ended = this.#over || this.#other.#over
    this.#waiters = this.#waiters.filter((waiter) => {
      if (!ended && this.waiting >= waiter.limit) return true
      waiter.resolve()
      return false
    })
  }
}

function copied(message: Message): Message {
  const payload = message.payload
  if (payload === undefined || payload.buffers.length === 0) return message
  const buffers = payload.buffers.map((bytes) => (payload.moved?.has(bytes) === true ? bytes : new Uint8Array(bytes)))
  const { tag, body, shared } = payload
  return { ...message, payload: { tag, body, buffers, shared } }
}

function ignore(): void {}
