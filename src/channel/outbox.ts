import { writeSync } from 'node:fs'
import { FrameWriter } from './frame-writer.ts'
import { BLOCK_BYTES } from './framing.ts'
import type { Message } from './messages.ts'
import { Tail } from './tail.ts'

/** `send` answers false while more than this is waiting. */
export const HIGH_WATER_BYTES: number = 256 * 1024

/** So much is gathered before it is written without waiting for the microtask. */
const FLUSH_BYTES = 1024

/** So much of a long buffer is offered to the system at once. */
const OFFER_BYTES = 4 * 1024 * 1024

/** So much of a kept buffer is written at once before the event loop goes on. */
const EAGER_BYTES = 2 * 1024 * 1024

/** The end that is written to. */
export interface WriteEnd {
  /** False as soon as its file descriptor may belong to something else. */
  isOpen(): boolean
  /** The slow way, which waits for room: writes all of it, then calls back once, with an error when it cannot. */
  write(bytes: Uint8Array, done: (error: Error | null | undefined) => void): void
  /** A write failed: nothing will be taken any more. */
  failed(error: Error): void
}

/**
 * The sending half of a pipe. Messages gather in a block, which goes to the system with one synchronous write at the
 * next microtask or as soon as 1 KiB is there. Only what the system does not take then waits here.
 */
export class Outbox {
  broken = false
  /** For synchronous writes; -1 where the system has none. */
  readonly #fd: number
  readonly #end: WriteEnd
  readonly #writer: FrameWriter
  #backlog: Piece[] = []
  #backlogBytes = 0
  #writing = false
  #spare: Buffer | undefined
  #scheduled = false
  #waiters: Waiter[] = []
  readonly #flushSoon = (): void => {
    this.#scheduled = false
    this.flush()
  }

  constructor(fd: number, end: WriteEnd) {
    this.#fd = fd
    this.#end = end
    this.#writer = new FrameWriter({
      turn: (block, used) => this.#turn(block, used),
      bulk: (bytes, kept) => this.#bulk(bytes, kept),
    })
  }

  get waiting(): number {
    return this.#writer.used + this.#backlogBytes
  }

  add(message: Message): boolean {
    if (this.broken) return true
    this.#writer.write(message)
    if (this.#backlog.length > 0) this.#writeSlowly()
    if (this.#writer.used >= FLUSH_BYTES) this.flush()
    else if (!this.#scheduled) {
      this.#scheduled = true
      // Unlike queueMicrotask this makes no AsyncResource for each flush.
      void RESOLVED.then(this.#flushSoon)
    }
    return this.waiting < HIGH_WATER_BYTES
  }

  flush(): void {
    const used = this.#writer.used
    if (used === 0 || this.#writing || this.broken) return
    const block = this.#writer.block
    this.#writer.restart(this.#turn(block, used))
    this.#writeSlowly()
  }

  /** Resolves as soon as less than `limit` bytes are waiting. */
  below(limit: number): Promise<void> {
    if (this.broken || this.waiting < limit) return Promise.resolve()
    return new Promise((resolve) => this.#waiters.push({ limit, resolve }))
  }

  /**
   * Writes everything before it returns, and nothing can be added afterwards. `queued` bytes of the piece that is being
   * written slowly were not taken yet; nobody will write them any more, for the event loop has ended.
   */
  finish(queued: number): void {
    if (this.broken || this.#fd < 0) return
    const [first] = this.#backlog
    if (this.#writing && first !== undefined) first.bytes = first.bytes.subarray(first.bytes.length - queued)
    this.#writing = false
    for (const { bytes } of [...this.#backlog, { bytes: this.#writer.block.subarray(0, this.#writer.used) }]) {
      for (let at = 0; at < bytes.length && !this.broken;) {
        const taken = this.#try(bytes, at, bytes.length - at)
        at += taken
        // The system has no room: the other end has to read first.
        if (taken === 0) Atomics.wait(SLEEP, 0, 0, 1)
      }
    }
    this.break()
  }

  /** Drops what is waiting, and everything that is still added. */
  break(): void {
    this.broken = true
    this.#backlog = []
    this.#backlogBytes = 0
    this.#writer.restart(this.#writer.block)
    for (const waiter of this.#waiters.splice(0)) waiter.resolve()
  }

  // Takes a block off the writer and gives it the next: the same one when the system took everything.
  #turn(block: Buffer, used: number): Buffer {
    const taken = this.#drain() ? this.#try(block, 0, used) : 0
    if (this.broken || taken === used) return block
    this.#push(block.subarray(taken, used), block)
    const next = this.#spare ?? Buffer.allocUnsafeSlow(BLOCK_BYTES)
    this.#spare = undefined
    return next
  }

  // The caller may change `bytes` as soon as this returns, so by then each byte was written or copied. The front is
  // written as fast as the system takes it; whenever that is full, some of the back is copied meanwhile.
  #bulk(bytes: Uint8Array, kept: boolean): void {
    const tail = new Tail(bytes)
    let front = 0
    while (front < tail.start && !this.broken) {
      if (this.#drain()) {
        const wanted = Math.min(tail.start - front, OFFER_BYTES)
        const taken = this.#try(bytes, front, wanted)
        front += taken
        if (taken === wanted && !(kept && front >= EAGER_BYTES)) continue
      }
      if (kept) break
      tail.grow(front)
    }
    if (this.broken) return
    if (front < tail.start) this.#push(bytes.subarray(front, tail.start))
    for (const piece of tail.pieces()) this.#push(piece)
  }

  // True when nothing stands before the next byte any more.
  #drain(): boolean {
    if (this.#writing) return false
    for (;;) {
      const piece = this.#backlog[0]
      if (piece === undefined) return true
      const taken = this.#try(piece.bytes, 0, piece.bytes.length)
      if (this.broken) return false
      this.#backlogBytes -= taken
      if (taken < piece.bytes.length) {
        piece.bytes = piece.bytes.subarray(taken)
        return false
      }
      this.#shift(piece)
    }
  }

  #try(bytes: Uint8Array, offset: number, length: number): number {
    if (this.#fd < 0) return 0
    if (!this.#end.isOpen()) {
      this.break()
      return 0
    }
    try {
      return writeSync(this.#fd, bytes, offset, length)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') this.#fail(error as Error)
      return 0
    }
  }

  #push(bytes: Uint8Array, block?: Buffer): void {
    this.#backlog.push({ bytes, block })
    this.#backlogBytes += bytes.length
  }

  #shift(piece: Piece): void {
    this.#backlog.shift()
    this.#spare ??= piece.block
  }

  #writeSlowly(): void {
    const piece = this.#backlog[0]
    if (this.#writing || this.broken || piece === undefined) return
    this.#writing = true
    this.#end.write(piece.bytes, (error) => {
      this.#writing = false
      if (this.broken) return
      if (error) {
        this.#fail(error)
        return
      }
      this.#backlogBytes -= piece.bytes.length
      this.#shift(piece)
      if (this.#backlog.length > 0) this.#writeSlowly()
      else this.flush()
      this.#wake()
    })
  }

  #wake(): void {
    if (this.#waiters.length === 0) return
    const waiting = this.waiting
    this.#waiters = this.#waiters.filter((waiter) => {
      if (waiting >= waiter.limit) return true
      waiter.resolve()
      return false
    })
  }

  #fail(error: Error): void {
    this.break()
    this.#end.failed(error)
  }
}

/** Memory of our own, or memory that nobody changes; `block` when it is a block that can be used again. */
interface Piece {
  bytes: Uint8Array
  readonly block: Buffer | undefined
}

interface Waiter {
  readonly limit: number
  readonly resolve: () => void
}

// Nobody writes to it or wakes who waits on it.
const SLEEP: Int32Array = new Int32Array(new SharedArrayBuffer(4))

const RESOLVED: Promise<void> = Promise.resolve()
