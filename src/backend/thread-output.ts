import type { MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import { deferred } from '../base/deferred.ts'
import type { OutputSink } from './stdio.ts'

/** `[0, bytes]` for stdout and `[1, bytes]` for stderr. */
type Written = readonly [0 | 1, Uint8Array]

/**
 * What a thread writes to its stdout and stderr, read to its end. The thread waits while more than some KiB of it are
 * unread, so that one that prints faster than is read fills no memory; see worker/thread-output.ts.
 */
export class ThreadOutput {
  readonly #port: MessagePort
  readonly #unread: Int32Array
  readonly #sinks: readonly (OutputSink | undefined)[]
  readonly #receive: typeof receiveMessageOnPort
  readonly #over = deferred<void>()
  #waiting: Written[] = []
  #isBlocked = false
  #closed = false

  constructor(
    port: MessagePort,
    unread: SharedArrayBuffer,
    sinks: readonly (OutputSink | undefined)[],
    receive: typeof receiveMessageOnPort,
  ) {
    this.#port = port
    this.#unread = new Int32Array(unread)
    this.#sinks = sinks
    this.#receive = receive
    port.on('message', (written: Written) => this.#take(written))
    port.on('close', () => {
      this.#closed = true
      this.#endIfRead()
    })
    // The thread keeps the owner alive when it should; its output never does.
    port.unref()
  }

  /** Takes what has arrived, unless whoever gets it wants no more at the moment. */
  catchUp(): void {
    if (!this.#isBlocked) this.drain()
  }

  /** The thread has ended. Resolves when everything was passed on to those who read it at once. */
  rest(): Promise<void> {
    this.drain()
    this.#closed = true
    this.#port.close()
    this.#endIfRead()
    return this.#over.promise
  }

  /** Takes what has arrived without waiting for the event loop or for slow readers. */
  drain(): void {
    for (const written of this.#waiting.splice(0)) this.#pass(written)
    for (let next = this.#receive(this.#port); next !== undefined; next = this.#receive(this.#port)) {
      this.#pass((next as { message: Written }).message)
    }
  }

  #take(written: Written): void {
    if (this.#isBlocked) this.#waiting.push(written)
    else this.#pass(written)
  }

  #pass([which, sent]: Written): void {
    const sink = this.#sinks[which]
    const bytes = Buffer.from(sent.buffer, sent.byteOffset, sent.byteLength)
    if (sink === undefined || sink.write(bytes) || this.#closed) return this.#wasRead(bytes.length)
    this.#isBlocked = true
    sink.drained(() => {
      this.#isBlocked = false
      this.#wasRead(bytes.length)
      while (!this.#isBlocked && this.#waiting.length > 0) this.#pass(this.#waiting.shift() as Written)
    })
  }

  #wasRead(bytes: number): void {
    Atomics.sub(this.#unread, 0, bytes)
    Atomics.notify(this.#unread, 0)
  }

  #endIfRead(): void {
    if (!this.#closed) return
    for (const sink of this.#sinks) sink?.end()
    this.#over.resolve()
  }
}
