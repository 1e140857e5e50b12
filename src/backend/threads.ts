import type { Worker as Thread } from 'node:worker_threads'
import { otherRuntime } from '../base/runtime.ts'
import { shown } from '../base/thrown-text.ts'
import { type Journal, readJournal } from '../channel/journal.ts'
import { sharedStore } from '../channel/journal-store.ts'
import { openPort } from '../channel/port.ts'
import type { Backend, SpawnOptions } from './backend.ts'
import { beginThread } from './begin-thread.ts'
import { adopt, release } from './children.ts'
import type { BegunThread } from './launched.ts'
import { OwnedWorker } from './owned-worker.ts'
import { SourceSink } from './source-sink.ts'
import { ThreadOutput } from './thread-output.ts'

/**
 * Workers that are threads of this process: they share its memory, its folder and its descriptors. `process.exit()`
 * ends such a thread only; what kills a process (`process.abort()`, a fault in native code) kills all of it.
 */
export const threadBackend: Backend = {
  name: 'thread',
  sharesMemory: true,
  spawn(options) {
    return new ThreadWorker({ ...options, begun: (options.begun as BegunThread | undefined) ?? beginThread(options) })
  },
}

class ThreadWorker extends OwnedWorker {
  readonly pid: number | undefined
  #journal: SharedArrayBuffer | undefined
  readonly #thread: Thread | undefined
  readonly #output: ThreadOutput | undefined
  #killedBy: NodeJS.Signals | undefined
  // Before it was ready; then Node gives it the exit code 0 instead of 1.
  #killedEarly = false
  #heap: string | undefined

  constructor(options: SpawnOptions & { readonly begun: BegunThread }) {
    super(options, true)
    const { launched } = options.begun
    if ('reason' in launched) {
      this.failed(launched.reason, launched.text)
      return
    }
    const { thread, channel, output, unread, journal, ownEnd } = launched
    this.pid = process.pid
    this.#journal = journal
    this.#thread = thread
    const { receiveMessageOnPort } = process.getBuiltinModule('node:worker_threads')
    const sinks = [this.sinkFor('stdout'), new SourceSink(this.tail)]
    this.#output = new ThreadOutput(output, unread, sinks, receiveMessageOnPort)
    this.#follow(thread, ownEnd)
    this.connect(openPort(channel), { threadId: thread.threadId })
  }

  // A thread takes no signals: what would end a process ends it, at once, and the rest is not sent.
  kill(signal: NodeJS.Signals = 'SIGTERM'): boolean {
    if (this.#thread === undefined || this.state === 'stopped' || HARMLESS.has(signal)) return false
    this.sent.add(signal)
    this.#killedEarly ||= !this.isReady
    this.#killedBy ??= signal
    void this.#thread.terminate()
    return true
  }

  protected refHome(): void {
    this.#thread?.ref()
  }

  protected unrefHome(): void {
    this.#thread?.unref()
  }

  protected catchUp(): void {
    this.#output?.catchUp()
  }

  protected readOutput(): void {
    this.#output?.finish()
  }

  markCancelled(cancelled: boolean): void {
    if (this.#journal !== undefined) sharedStore(this.#journal).mark(cancelled)
  }

  isListening(): boolean | undefined {
    return this.#journal === undefined ? undefined : sharedStore(this.#journal).isListened()
  }

  protected takeJournal(): Journal {
    return readJournal(this.#journal === undefined ? undefined : sharedStore(this.#journal))
  }

  #follow(thread: Thread, ownEnd: SharedArrayBuffer): void {
    const record = { abandon: () => this.#output?.finish() }
    adopt(record, true)
    let hasFallen = false
    thread.on('error', (error) => {
      hasFallen = true
      this.#fell(error)
    })
    thread.on('exit', (code) => {
      release(record)
      this.#endChannel()
      const killed = this.#killedBy !== undefined && (code === TERMINATED || (this.#killedEarly && code === 0))
      void this.ended({
        exitCode: killed ? null : code,
        signal: killed ? (this.#killedBy ?? null) : null,
        heap: this.#heap,
        terminated: !killed && !hasFallen && this.#isOthersWork(code, ownEnd),
      })
    })
  }

  // In Node the end of a thread closes its ports, behind what it had posted. In Bun 1.4 and Deno 2.9 nobody tells the other
  // end, so what has not arrived after a while never will.
  #endChannel(): void {
    if (otherRuntime() !== undefined) setTimeout(() => this.channel.destroy(), LAST_POST_MS)
  }

  // Nothing runs in a thread that somebody else has called terminate() of. Of one that has not come to its own code yet,
  // a preloaded module may have called process.exit() instead.
  #isOthersWork(code: number, ownEnd: SharedArrayBuffer): boolean {
    const endedItself = otherRuntime() !== undefined || Atomics.load(new Int32Array(ownEnd), 0) !== 0
    return !endedItself && (code === TERMINATED || (code === 0 && !this.isReady))
  }

  // The thread itself has written what nobody caught, unless it could not.
  #fell(error: Error & { readonly code?: unknown }): void {
    const isFull = error.code === 'ERR_WORKER_OUT_OF_MEMORY'
    if (isFull) this.#heap = `ERR_WORKER_OUT_OF_MEMORY: ${error.message}`
    if (isFull || this.state === 'starting') {
      this.tail.write(Buffer.from(`Process ${this.identity.name}:\n${shown(error)}\n`))
    }
  }
}

const LAST_POST_MS = 50

/** What `terminate()` makes the exit code of a thread. */
const TERMINATED = 1

const HARMLESS: ReadonlySet<NodeJS.Signals> = new Set([
  'SIGSTOP',
  'SIGTSTP',
  'SIGTTIN',
  'SIGTTOU',
  'SIGCONT',
  'SIGCHLD',
  'SIGURG',
  'SIGWINCH',
] as const)
