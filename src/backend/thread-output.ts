import type { MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import type { OutputSink } from './output-pipe.ts'

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
  #waiting: Written[] = []
  #isBlocked = false
  #isOver = false

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
    port.on('close', () => this.#end())
    // The thread keeps the owner alive when it should; its output never does.
    port.unref()
  }

  /** Takes what has arrived, unless whoever gets it wants no more at the moment. */
  catchUp(): void {
    while (!this.#isBlocked) {
      const next = this.#next()
      if (next === undefined) return
      this.#pass(next)
    }
  }

  /** The thread, or its owner, has ended: all that has arrived is passed on, also to those who read slowly. */
  finish(): void {
    for (let next = this.#next(); next !== undefined; next = this.#next()) this.#waiting.push(next)
    this.#port.close()
    this.#end()
  }

  #take(written: Written): void {
    if (this.#isBlocked) this.#waiting.push(written)
    else this.#pass(written)
  }

  #pass([which, sent]: Written): void {
    const sink = this.#sinks[which]
    const bytes = Buffer.from(sent.buffer, sent.byteOffset, sent.byteLength)
    if (sink === undefined || sink.write(bytes) || this.#isOver) return this.#wasRead(bytes.length)
    this.#isBlocked = true
    sink.drained(() => {
      this.#isBlocked = false
      this.#wasRead(bytes.length)
      while (!this.#isBlocked && this.#waiting.length > 0) this.#pass(this.#waiting.shift() as Written)
    })
  }

  // A port that is asked while it tells of its close brings the program down (Node 20.20 to 26.10); all that was posted to it
  // has been delivered by then.
  #next(): Written | undefined {
    if (this.#isOver) return undefined
    return (this.#receive(this.#port) as { readonly message: Written } | undefined)?.message
  }

  #wasRead(bytes: number): void {
    Atomics.sub(this.#unread, 0, bytes)
    Atomics.notify(this.#unread, 0)
  }

  #end(): void {
    if (this.#isOver) return
    this.#isOver = true
    for (const written of this.#waiting.splice(0)) this.#pass(written)
    for (const sink of this.#sinks) sink?.end()
  }
}
