import { readSync } from 'node:fs'
import type { Socket } from 'node:net'
import { ChannelError } from '../base/errors.ts'
import { atMicrotask } from '../base/event-loop.ts'
import { Attention } from './attention.ts'
import type { Channel } from './channel.ts'
import { FrameReader } from './frame-reader.ts'
import { BLOCK_BYTES } from './framing.ts'
import type { Message } from './messages.ts'
import { HIGH_WATER_BYTES, Outbox } from './outbox.ts'
import { adoptSocket, descriptorOf, queuedIn } from './socket.ts'

/**
 * A channel over one end of a socketpair: the number of a file descriptor, or the socket that `spawn` made for an
 * extra `'pipe'`, which is taken over and must not be used any more.
 */
export function openPipe(end: number | Socket): Channel {
  return new Pipe(end)
}

class Pipe implements Channel {
  onMessage: (message: Message) => void = ignore
  onClose: (error: ChannelError | undefined) => void = ignore
  readonly #attention = new Attention()
  readonly #reader = new FrameReader()
  readonly #outbox: Outbox
  readonly #socket: Socket
  #target: Uint8Array | undefined
  #paused = false
  #delivering = false
  // Closed by us: nothing more is sent.
  #closing = false
  // Destroyed by us or failed: nothing more is delivered.
  #over = false
  #socketGone = false
  #closed = false
  #error: ChannelError | undefined
  // Bytes that came while the reader was paused.
  #late: Uint8Array[] = []

  constructor(end: number | Socket) {
    const socket = adoptSocket(
      end,
      () => this.#nextTarget(),
      (bytes) => this.#received(bytes),
      (chunk) => this.#feed(chunk),
    )
    this.#socket = socket
    this.#outbox = new Outbox(descriptorOf(socket), {
      isOpen: () => !socket.destroyed,
      write: (bytes, done) => {
        socket.write(bytes, (error) => {
          if (error) this.#salvage()
          done(error)
        })
      },
      failed: (error) => {
        this.#error ??= gone(error)
      },
    })
    socket.on('end', () => this.close())
    // The stream destroys itself after an error; 'close' follows.
    socket.on('error', (error) => {
      this.#error ??= gone(error)
    })
    socket.on('close', () => this.#socketClosed())
  }

  get waiting(): number {
    return this.#outbox.waiting
  }

  send(message: Message): boolean {
    if (this.#closing) return true
    if (!this.#delivering && this.#outbox.waiting === 0) this.#attention.expect()
    return this.#outbox.add(message)
  }

  flush(): void {
    this.#outbox.flush()
  }

  drained(): Promise<void> {
    return this.#outbox.below(HIGH_WATER_BYTES)
  }

  emptied(): Promise<void> {
    this.#outbox.flush()
    return this.#outbox.below(1)
  }

  pause(): void {
    if (this.#paused) return
    this.#paused = true
    this.#socket.pause()
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    // Not at once, so that no handler runs inside of the caller's call.
    atMicrotask(() => this.#goOn())
  }

  close(): void {
    if (this.#closing) return
    this.#closing = true
    void this.emptied().then(() => this.#socket.end())
  }

  finish(): void {
    this.#outbox.finish(queuedIn(this.#socket))
  }

  destroy(): void {
    this.#closing = true
    this.#over = true
    this.#late = []
    this.#outbox.break()
    this.#socket.destroy()
  }

  ref(): void {
    this.#socket.ref()
  }

  unref(): void {
    this.#socket.unref()
  }

  // Asked for once at the start and then after each read. While paused, what the reader holds is not read to its end,
  // so its target is not known yet: the first read after that goes to memory from which it is copied.
  #nextTarget(): Uint8Array | undefined {
    const target = this.#paused ? SPILL : this.#reader.target()
    if (target === this.#target) return undefined
    this.#target = target
    return target
  }

  #received(bytes: number): void {
    this.#attention.arrived()
    if (this.#target === SPILL) this.#feed(SPILL.subarray(0, bytes))
    else {
      this.#reader.received(bytes)
      this.#deliver()
    }
    this.#attention.expect()
  }

  #feed(chunk: Uint8Array): void {
    let at = 0
    while (at < chunk.length && !this.#over) {
      if (this.#paused || this.#delivering) {
        this.#late.push(new Uint8Array(chunk.subarray(at)))
        return
      }
      const target = this.#reader.target()
      const part = chunk.subarray(at, at + target.length)
      target.set(part)
      this.#reader.received(part.length)
      at += part.length
      this.#deliver()
    }
  }

  #deliver(): void {
    this.#delivering = true
    try {
      while (!this.#paused && !this.#over) {
        const message = this.#next()
        if (message === undefined) break
        this.onMessage(message)
      }
    } catch (cause) {
      const text = 'The handler of a message threw, which ends its channel.'
      this.#fail(new ChannelError('MC_CHANNEL_CLOSED', text, { cause }))
    }
    this.#delivering = false
  }

  #next(): Message | undefined {
    try {
      return this.#reader.next()
    } catch (error) {
      this.#fail(error as ChannelError)
      return undefined
    }
  }

  #goOn(): void {
    if (this.#paused || this.#over || this.#delivering) return
    this.#deliver()
    for (const chunk of this.#late.splice(0)) this.#feed(chunk)
    if (this.#paused) return
    if (this.#socketGone) this.#finish()
    else this.#socket.resume()
  }

  // Called when a slow write failed, just before the stream closes the file descriptor: takes what the other end sent
  // before it went away.
  #salvage(): void {
    const fd = descriptorOf(this.#socket)
    if (this.#over || this.#socket.destroyed || fd < 0) return
    try {
      for (;;) {
        const bytes = readSync(fd, SPILL, 0, SPILL.length, null)
        if (bytes === 0) return
        this.#feed(SPILL.subarray(0, bytes))
      }
    } catch {
      // EAGAIN or ECONNRESET: there is no more.
    }
  }

  #fail(error: ChannelError): void {
    this.#error ??= error
    this.destroy()
  }

  #socketClosed(): void {
    this.#socketGone = true
    this.#closing = true
    this.#outbox.break()
    if (!this.#paused || this.#over) this.#finish()
  }

  #finish(): void {
    if (this.#closed) return
    this.#closed = true
    if (!this.#over) {
      try {
        this.#reader.end()
      } catch (error) {
        this.#error ??= error as ChannelError
      }
    }
    this.onClose(this.#error)
  }
}

// Shared by all pipes: it is filled and emptied within one turn.
const SPILL: Buffer = Buffer.allocUnsafeSlow(BLOCK_BYTES)

function gone(cause: Error): ChannelError {
  const text = 'The other end of the channel went away before it had read everything that was sent to it.'
  return new ChannelError('MC_CHANNEL_CLOSED', text, { cause })
}

function ignore(): void {}
