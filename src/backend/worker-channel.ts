import type { ChannelError } from '../base/errors.ts'
import type { Channel } from '../channel/channel.ts'
import { Kind, type Message } from '../channel/messages.ts'

/**
 * The channel of a worker as its users see it: `ready` is kept back, the end is the backend's business, and messages
 * for which nobody has set a handler yet are kept until somebody does. Without an inner channel (a worker that never
 * came into being) everything is dropped.
 */
export class WorkerChannel implements Channel {
  onClose: (error: ChannelError | undefined) => void = ignore
  readonly #inner: Channel | undefined
  readonly #onReady: () => void
  #handler: ((message: Message) => void) | undefined
  #early: Message[] = []
  #isReady = false
  #isLast = false

  constructor(inner: Channel | undefined, onReady: () => void) {
    this.#inner = inner
    this.#onReady = onReady
    if (inner === undefined) return
    inner.onMessage = (message) => this.#first(message)
    inner.onClose = (error) => this.onClose(error)
  }

  get onMessage(): (message: Message) => void {
    return this.#handler ?? ignore
  }

  set onMessage(handler: (message: Message) => void) {
    this.#handler = handler
    for (const message of this.#early.splice(0)) handler(message)
    // From here on nothing stands between the channel and its user.
    if (this.#isReady && this.#inner !== undefined) this.#inner.onMessage = handler
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

  #first(message: Message): void {
    if (message.kind === Kind.ready) {
      this.#isReady = true
      if (this.#handler !== undefined && this.#inner !== undefined) this.#inner.onMessage = this.#handler
      this.#onReady()
    } else if (this.#handler === undefined) {
      this.#early.push(owned(message))
    } else {
      this.#handler(message)
    }
  }
}

// The bytes of a body are only lent to a handler. (`slice` of a Buffer would not copy them.)
function owned(message: Message): Message {
  const body = message.payload?.body
  if (message.payload === undefined || !(body instanceof Uint8Array)) return message
  return { ...message, payload: { ...message.payload, body: new Uint8Array(body) } }
}

function ignore(): void {}
