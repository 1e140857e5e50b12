import { readSync } from 'node:fs'
import type { Socket } from 'node:net'
import type { PassThrough } from 'node:stream'
import { descriptorOf } from '../channel/socket.ts'

/** Takes what a worker writes. Returns false when it wants no more until `drained` calls back. */
export interface OutputSink {
  write(bytes: Buffer): boolean
  drained(goOn: () => void): void
  end(): void
}

/**
 * One output pipe of a worker, read to its end: what was written right before the worker died is not lost, and what
 * does not end, because a grandchild has inherited the pipe, does not keep anybody waiting.
 */
export class OutputPipe {
  readonly #source: Socket
  readonly #sink: OutputSink
  #ended = false
  #held = false
  #draining = false

  constructor(source: Socket, sink: OutputSink) {
    this.#source = source
    this.#sink = sink
    source.on('data', (bytes: Buffer) => this.#take(bytes))
    source.on('error', ignore)
    source.on('close', () => this.#end())
    // The process handle keeps the owner alive when it should be; its pipes never do.
    // What Bun gives for it is no socket, and keeps nobody alive.
    ;(source as Partial<Socket>).unref?.()
  }

  /** Takes what is in the pipe now without waiting for the event loop. */
  drain(): void {
    if (this.#ended) return
    this.#draining = true
    // What it returns has come to the listener, too.
    while (this.#source.read() !== null) continue
    this.#draining = false
    const fd = descriptorOf(this.#source)
    if (fd < 0) return
    const buffer = Buffer.allocUnsafe(64 * 1024)
    try {
      for (;;) {
        const bytes = readSync(fd, buffer, 0, buffer.length, null)
        if (bytes === 0) break
        this.#sink.write(Buffer.from(buffer.subarray(0, bytes)))
      }
      this.#source.destroy()
      this.#end()
    } catch {
      // EAGAIN: it is empty, and somebody else still has its other end.
    }
  }

  /** Takes what is in the pipe now, unless whoever gets it wants no more at the moment. */
  catchUp(): void {
    if (!this.#held) this.drain()
  }

  /**
   * The worker has ended: what comes later is from a process that it left behind, and is passed on line by line. Where
   * a pipe cannot be read at once (Windows), its rest is waited for, and not for long.
   */
  async finish(): Promise<void> {
    this.drain()
    if (!this.#ended && descriptorOf(this.#source) < 0) await this.#rest()
    if (!this.#ended) this.#sink.end()
  }

  #rest(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(limit)
        this.#source.off('close', done)
        resolve()
      }
      const limit = setTimeout(done, REST_MS)
      this.#source.on('close', done)
    })
  }

  #take(bytes: Buffer): void {
    if (this.#sink.write(bytes) || this.#draining) return
    this.#held = true
    this.#source.pause()
    this.#sink.drained(() => {
      this.#held = false
      this.#source.resume()
    })
  }

  #end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#sink.end()
  }
}

/** Passes on whole lines, so that the lines of many workers do not mix. */
export class LineSink implements OutputSink {
  readonly #target: OwnStream
  #held: Buffer[] = []
  #heldBytes = 0

  constructor(target: OwnStream) {
    this.#target = target
  }

  write(bytes: Buffer): boolean {
    // A carriage return ends what a progress display draws.
    const cut = Math.max(bytes.lastIndexOf(10), bytes.lastIndexOf(13)) + 1
    if (cut === 0) {
      this.#hold(bytes)
      return this.#heldBytes < LONGEST_LINE || this.#release()
    }
    const lines =
      this.#held.length === 0 ? bytes.subarray(0, cut) : Buffer.concat([...this.#held, bytes.subarray(0, cut)])
    this.#held = []
    this.#heldBytes = 0
    if (cut < bytes.length) this.#hold(bytes.subarray(cut))
    return this.#target.write(lines)
  }

  drained(goOn: () => void): void {
    this.#target.drained(goOn)
  }

  end(): void {
    this.#release()
  }

  #hold(bytes: Buffer): void {
    this.#held.push(bytes)
    this.#heldBytes += bytes.length
  }

  #release(): boolean {
    if (this.#heldBytes === 0) return true
    const bytes = Buffer.concat(this.#held)
    this.#held = []
    this.#heldBytes = 0
    return this.#target.write(bytes)
  }
}

/** Keeps the last bytes of what passes through, for error texts. */
export class TailSink implements OutputSink {
  readonly #next: OutputSink | undefined
  #chunks: Buffer[] = []
  #bytes = 0

  constructor(next: OutputSink | undefined) {
    this.#next = next
  }

  write(bytes: Buffer): boolean {
    this.#chunks.push(bytes)
    this.#bytes += bytes.length
    while (this.#bytes - (this.#chunks[0]?.length ?? 0) >= TAIL_BYTES) this.#bytes -= this.#chunks.shift()?.length ?? 0
    if (this.#chunks.length > TAIL_CHUNKS) this.#chunks = [Buffer.concat(this.#chunks)]
    return this.#next?.write(bytes) ?? true
  }

  drained(goOn: () => void): void {
    this.#next?.drained(goOn)
  }

  end(): void {
    this.#next?.end()
  }

  /** The last lines, whole ones if there is more than one, without the addresses below what Node said at its end. */
  text(): string {
    const text = Buffer.concat(this.#chunks).subarray(-TAIL_BYTES).toString('utf8')
    const lines = text.trimEnd().replaceAll(NATIVE_STACK, '').split('\n')
    if (this.#bytes > TAIL_BYTES && lines.length > 1) lines.shift()
    return lines.slice(-TAIL_LINES).join('\n')
  }
}

/** A stream that the user reads. It does not keep the owner alive, and a reader who is slow holds the worker up. */
export class StreamSink implements OutputSink {
  readonly #stream: PassThrough

  constructor(stream: PassThrough) {
    this.#stream = stream
  }

  write(bytes: Buffer): boolean {
    return this.#stream.writableEnded || this.#stream.destroyed || this.#stream.write(bytes)
  }

  drained(goOn: () => void): void {
    const wake = (): void => {
      this.#stream.off('drain', wake)
      this.#stream.off('close', wake)
      goOn()
    }
    this.#stream.on('drain', wake)
    this.#stream.on('close', wake)
  }

  end(): void {
    this.#stream.end()
  }
}

/** This process's own stdout or stderr, shared by all of its workers. When it is closed, what is written is dropped. */
class OwnStream {
  readonly #name: 'stdout' | 'stderr'
  #waiting: (() => void)[] = []

  constructor(name: 'stdout' | 'stderr') {
    this.#name = name
  }

  write(bytes: Buffer): boolean {
    const stream = process[this.#name]
    if (stream.destroyed || stream.writableEnded) return true
    try {
      // As console.log does it: an error of this write (EPIPE) is nobody's, unless somebody listens for errors.
      if (stream.listenerCount('error') > 0) return stream.write(bytes)
      stream.once('error', ignore)
      return stream.write(bytes, (error) => {
        if (error && !stream.listenerCount('error')) stream.once('error', ignore)
      })
    } catch {
      return true
    } finally {
      stream.removeListener('error', ignore)
    }
  }

  drained(goOn: () => void): void {
    this.#waiting.push(goOn)
    if (this.#waiting.length > 1) return
    const stream = process[this.#name]
    const wake = (): void => {
      stream.removeListener('drain', wake)
      stream.removeListener('close', wake)
      for (const waiting of this.#waiting.splice(0)) waiting()
    }
    stream.on('drain', wake)
    stream.on('close', wake)
  }
}

export const ownStdout: OwnStream = new OwnStream('stdout')
export const ownStderr: OwnStream = new OwnStream('stderr')

const LONGEST_LINE = 64 * 1024
/** For what was in a pipe when its worker ended. */
const REST_MS = 1_000
const TAIL_BYTES = 16 * 1024
const TAIL_CHUNKS = 64
const TAIL_LINES = 20

/** Up to forty lines in Node 26, which would push the reason out of the last lines. */
const NATIVE_STACK = /\n+-+ Native stack trace -+\n|\n ?\d+: 0x[\da-f]+ .*/g

function ignore(): void {}
