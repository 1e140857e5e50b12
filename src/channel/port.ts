import type { MessagePort } from 'node:worker_threads'
import type { Payload } from '../codec/payload.ts'
import { ChannelError, ValueUnsendableError } from '../base/errors.ts'
import { atMicrotask, atNextTurn } from '../base/event-loop.ts'
import { textOf } from '../base/thrown-text.ts'
import { Attention } from './attention.ts'
import type { Channel } from './channel.ts'
import { isKind, mostBytes } from './framing.ts'
import type { Message } from './messages.ts'
import { HIGH_WATER_BYTES } from './outbox.ts'
import { Slice } from './slice.ts'
import { FIELDS, type PostValue, type PostMemory, type Post } from './post.ts'

/** So much is gathered before it is posted without waiting for the microtask. */
const FLUSH_BYTES = 16 * 1024

/** After reading so much the receiver tells the sender. */
const CREDIT_BYTES = 64 * 1024

/** A body up to this length is cloned, a longer one copied and transferred. */
const SMALL_BYTES = 1024

/** From this length on a message is posted by itself: where there is no memory for it, the others leave all the same. */
const LONG_BYTES = 1024 * 1024

/** A channel over a MessagePort between two threads. */
export function openPort(port: MessagePort): Channel {
  return new Port(port)
}

class Port implements Channel {
  onMessage: (message: Message) => void = ignore
  onClose: (error: ChannelError | undefined) => void = ignore
  readonly #attention = new Attention()
  readonly #port: MessagePort
  #out: PostValue[] = []
  #transfer: ArrayBuffer[] = []
  #outBytes = 0
  #unhandledBytes = 0
  #handledBytes = 0
  #scheduled = false
  #inbox: Incoming[] = []
  #delivering = false
  readonly #slice = new Slice()
  #isResting = false
  #paused = false
  #closing = false
  #over = false
  #portGone = false
  #closed = false
  #error: ChannelError | undefined
  #waiters: (() => void)[] = []

  constructor(port: MessagePort) {
    this.#port = port
    port.on('message', (post: Post) => {
      this.#inbox.push({ post, at: 0 })
      this.#attention.arrived()
      if (!this.#delivering && !this.#isResting) this.#deliver()
      this.#attention.expect()
    })
    port.on('messageerror', (cause) => {
      this.#fail(new ChannelError('MC_CHANNEL_CORRUPT', 'The port carried something that cannot be read.', { cause }))
    })
    port.on('close', () => {
      this.#portGone = true
      this.#closing = true
      this.#wake()
      if (this.#inbox.length === 0 || this.#over) this.#finish()
    })
  }

  get waiting(): number {
    return this.#outBytes
  }

  send(message: Message): boolean {
    if (this.#closing) return true
    if (!this.#delivering && this.#outBytes === 0) this.#attention.expect()
    const bytes = mostBytes(message)
    if (bytes >= LONG_BYTES) this.#sendAlone(message, bytes)
    else {
      this.#queue(message, bytes)
      if (this.#outBytes >= FLUSH_BYTES) this.flush()
      else if (!this.#scheduled) {
        this.#scheduled = true
        void RESOLVED.then(this.#flushSoon)
      }
    }
    return this.#unhandledBytes < HIGH_WATER_BYTES
  }

  flush(): void {
    if (this.#out.length === 0) return
    try {
      this.#post()
    } catch (cause) {
      // What is sent behind it must not arrive without it.
      const text = 'What was sent could not be posted to the other thread.'
      this.#fail(new ChannelError('MC_CHANNEL_CLOSED', text, { cause }))
    }
  }

  drained(): Promise<void> {
    if (this.#portGone || this.#over || this.#unhandledBytes < HIGH_WATER_BYTES) return Promise.resolve()
    return new Promise((resolve) => this.#waiters.push(resolve))
  }

  emptied(): Promise<void> {
    this.flush()
    return Promise.resolve()
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    // Not at once, so that no handler runs inside of the caller's call.
    atMicrotask(() => {
      if (!this.#delivering) this.#deliver()
    })
  }

  close(): void {
    if (this.#closing) return
    this.#closing = true
    this.flush()
    this.#port.postMessage(null)
  }

  finish(): void {
    this.close()
  }

  destroy(): void {
    this.#closing = true
    this.#over = true
    this.#paused = false
    this.#inbox = []
    this.#drop()
    this.#wake()
    this.#port.close()
  }

  ref(): void {
    this.#port.ref()
  }

  unref(): void {
    this.#port.unref()
  }

  readonly #flushSoon = (): void => {
    this.#scheduled = false
    this.flush()
  }

  #sendAlone(message: Message, bytes: number): void {
    this.flush()
    if (this.#closing) return
    const before = this.#unhandledBytes
    try {
      this.#queue(message, bytes)
      this.#post()
    } catch (cause) {
      this.#drop()
      this.#unhandledBytes = before
      const text = `A message of about ${bytes} bytes could not be posted to its thread: ${textOf(cause)}. Send it in parts.`
      throw new ValueUnsendableError(text, 'message', { cause })
    }
  }

  #queue({ kind, task, fn, index, count, payload }: Message, bytes: number): void {
    if (payload === undefined) this.#out.push(kind, task, fn, index, count, undefined, undefined, undefined, bytes)
    else {
      const { tag, body, buffers, moved, shared } = payload
      const copies =
        buffers.length === 0 ? undefined : buffers.map((one) => this.#ownMemory(one, moved?.has(one) === true))
      const outside = shared === undefined ? copies : [...(copies ?? []), ...shared]
      this.#out.push(kind, task, fn, index, count, tag, this.#body(body), outside, bytes)
    }
    this.#outBytes += bytes
    this.#unhandledBytes += bytes
  }

  // Throws where there is no memory for a copy of it, and has taken nothing of it then.
  #post(): void {
    const out = this.#out
    const transfer = this.#transfer
    this.#drop()
    if (!this.#portGone) this.#port.postMessage(out, transfer)
  }

  #drop(): void {
    this.#out = []
    this.#transfer = []
    this.#outBytes = 0
  }

  // Posting comes later than sending, so what the caller may change is copied here. A copy is transferred rather than
  // cloned, which would copy it twice more; of a view, a clone would take the whole memory along.
  #ownMemory(bytes: Uint8Array, moved: boolean): Uint8Array {
    const mine = moved ? bytes : new Uint8Array(bytes)
    const memory = mine.buffer as ArrayBuffer
    if (!this.#transfer.includes(memory)) this.#transfer.push(memory)
    return mine
  }

  #body(body: string | Uint8Array): string | Uint8Array {
    if (typeof body === 'string') return body
    // It is never changed, and a small clone is cheaper than a transfer.
    if (body.length <= SMALL_BYTES && body.length === body.buffer.byteLength) return body
    return this.#ownMemory(body, false)
  }

  #deliver(): void {
    this.#delivering = true
    try {
      while (!this.#paused && !this.#over) {
        const next = this.#inbox[0]
        if (next === undefined) break
        if (this.#slice.isOver()) {
          this.#rest()
          break
        }
        if (this.#handle(next)) this.#inbox.shift()
        this.#slice.handled()
      }
    } catch (cause) {
      const text = 'The handler of a message threw, which ends its channel.'
      this.#fail(new ChannelError('MC_CHANNEL_CLOSED', text, { cause }))
    }
    this.#delivering = false
    if (this.#portGone && this.#inbox.length === 0) this.#finish()
  }

  // Node hands over all posts that have arrived, up to a thousand, in one turn of the event loop.
  #rest(): void {
    if (this.#isResting) return
    this.#isResting = true
    atNextTurn(() => {
      this.#isResting = false
      this.#slice.begin()
      if (!this.#delivering) this.#deliver()
    })
  }

  // True when the whole post was handled.
  #handle(next: Incoming): boolean {
    const post = next.post
    if (post === null) this.#otherEnded()
    else if (typeof post === 'number') {
      this.#unhandledBytes -= post
      if (this.#unhandledBytes < HIGH_WATER_BYTES) this.#wake()
    } else if (Array.isArray(post)) {
      while (next.at < post.length) {
        if (this.#paused || this.#over) return false
        const message = messageAt(post, next.at)
        const bytes = post[next.at + 8] as number
        next.at += FIELDS
        if (message === undefined) return this.#failOf(post)
        this.onMessage(message)
        this.#credit(bytes)
      }
    } else return this.#failOf(post)
    return true
  }

  #failOf(post: unknown): false {
    const { inspect } = process.getBuiltinModule('node:util')
    const shown = inspect(post, { depth: 0, maxArrayLength: 9, maxStringLength: 40, breakLength: Infinity })
    const text = `The port carried something that is no message: ${shown}. Did something else post to it?`
    this.#fail(new ChannelError('MC_CHANNEL_CORRUPT', text))
    return false
  }

  #credit(bytes: number): void {
    this.#handledBytes += bytes
    if (this.#handledBytes < CREDIT_BYTES || this.#portGone || this.#over) return
    this.#port.postMessage(this.#handledBytes)
    this.#handledBytes = 0
  }

  // Who hears last that the other end will send no more closes the port: by then both have read everything.
  #otherEnded(): void {
    if (this.#closing) {
      if (!this.#portGone) this.#port.close()
    } else this.close()
  }

  #fail(error: ChannelError): void {
    this.#error ??= error
    this.destroy()
  }

  #wake(): void {
    for (const resolve of this.#waiters.splice(0)) resolve()
  }

  #finish(): void {
    if (this.#closed) return
    this.#closed = true
    this.onClose(this.#error)
  }
}

interface Incoming {
  readonly post: Post
  at: number
}

const RESOLVED: Promise<void> = Promise.resolve()
const NO_BUFFERS: Pick<Payload, 'buffers'> = { buffers: [] }

function messageAt(post: readonly PostValue[], at: number): Message | undefined {
  const kind = post[at] as number
  if (post.length < at + FIELDS || isKind[kind] !== true) return undefined
  const tag = post[at + 5] as number | undefined
  const body = post[at + 6] as string | Uint8Array
  const outside = post[at + 7] as readonly PostMemory[] | undefined
  return {
    kind,
    task: post[at + 1],
    fn: post[at + 2],
    index: post[at + 3],
    count: post[at + 4],
    payload: tag === undefined ? undefined : { tag, body, ...apart(outside) },
  } as Message
}

function apart(outside: readonly PostMemory[] | undefined): Pick<Payload, 'buffers' | 'shared'> {
  if (outside === undefined) return NO_BUFFERS
  if (!(outside.at(-1) instanceof SharedArrayBuffer)) return { buffers: outside as readonly Uint8Array[] }
  return {
    buffers: outside.filter((one) => one instanceof Uint8Array),
    shared: outside.filter((one) => one instanceof SharedArrayBuffer),
  }
}

function ignore(): void {}
