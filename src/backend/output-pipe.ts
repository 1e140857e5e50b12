import { readSync } from 'node:fs'
import type { Socket } from 'node:net'
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

/** For what was in a pipe when its worker ended. */
const REST_MS = 1_000

function ignore(): void {}
