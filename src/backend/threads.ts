import { inspect } from 'node:util'
import type { MessagePort, Worker as Thread } from 'node:worker_threads'
import { ArgumentError } from '../base/errors.ts'
import { assertMaySpawn } from '../base/nesting.ts'
import { otherRuntime } from '../base/runtime.ts'
import { type Journal, readJournal } from '../channel/journal.ts'
import { sharedStore } from '../channel/journal-store.ts'
import { openPort, type ThreadData } from '../channel/port.ts'
import type { Backend, SpawnOptions } from './backend.ts'
import { adopt, release } from './children.ts'
import { isWorkerEntry, threadEntryPath } from './entry-url.ts'
import { OwnedWorker } from './owned-worker.ts'
import { SourceSink } from './source-sink.ts'
import { privateVariables } from './spawn-options.ts'
import { ThreadOutput } from './thread-output.ts'

/**
 * Workers that are threads of this process: they share its memory, its folder and its descriptors. `process.exit()`
 * ends such a thread only; what kills a process (`process.abort()`, a fault in native code) kills all of it.
 */
export const threadBackend: Backend = {
  name: 'thread',
  sharesMemory: true,
  spawn(options) {
    assertMaySpawn(isWorkerEntry(process.argv[1]))
    return new ThreadWorker(options)
  },
}

/** A worker rarely has more than 32 KiB of answers that are still unsent. */
const JOURNAL_BYTES = 256 * 1024

class ThreadWorker extends OwnedWorker {
  readonly pid: number | undefined
  readonly #journal = new SharedArrayBuffer(JOURNAL_BYTES)
  readonly #thread: Thread | undefined
  readonly #output: ThreadOutput | undefined
  #killedBy: NodeJS.Signals | undefined
  // Before it was ready; then Node gives it the exit code 0 instead of 1.
  #killedEarly = false
  #heap: string | undefined

  constructor(options: SpawnOptions) {
    super(options, true)
    const { MessageChannel, receiveMessageOnPort } = process.getBuiltinModule('node:worker_threads')
    const channel = new MessageChannel()
    const output = new MessageChannel()
    const unread = new SharedArrayBuffer(4)
    try {
      this.#thread = startThread(options, {
        channel: channel.port2,
        output: output.port2,
        unread,
        journal: this.#journal,
        env: { ...privateVariables(), ...options.env },
      })
    } catch (error) {
      for (const { port1 } of [channel, output]) port1.close()
      if (isRefusedArgument(error)) throw refusedArgument(error, this.identity.name)
      const text = whyNot(error)
      this.failed(Promise.resolve({ text, cause: error }), text)
      return
    }
    this.pid = process.pid
    this.#output = new ThreadOutput(
      output.port1,
      unread,
      [this.sinkFor('stdout'), new SourceSink(this.tail)],
      receiveMessageOnPort,
    )
    this.#follow(this.#thread)
    this.connect(openPort(channel.port1), { threadId: this.#thread.threadId })
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

  protected readOutput(): Promise<void> | undefined {
    return this.#output?.rest()
  }

  markCancelled(cancelled: boolean): void {
    sharedStore(this.#journal).mark(cancelled)
  }

  isListening(): boolean | undefined {
    return sharedStore(this.#journal).isListened()
  }

  protected takeJournal(): Journal {
    return readJournal(sharedStore(this.#journal))
  }

  #follow(thread: Thread): void {
    const record = { abandon: () => this.#output?.drain() }
    adopt(record, true)
    thread.on('error', (error) => this.#fell(error))
    thread.on('exit', (code) => {
      release(record)
      this.#endChannel()
      const killed = this.#killedBy !== undefined && (code === TERMINATED || (this.#killedEarly && code === 0))
      void this.ended({
        exitCode: killed ? null : code,
        signal: killed ? (this.#killedBy ?? null) : null,
        heap: this.#heap,
      })
    })
  }

  // In Node the end of a thread closes its ports, behind what it had posted. In Bun 1.4 and Deno 2.9 nobody tells the other
  // end, so what has not arrived after a while never will.
  #endChannel(): void {
    if (otherRuntime() !== undefined) setTimeout(() => this.channel.destroy(), LAST_POST_MS)
  }

  // The thread itself has written what nobody caught, unless it could not.
  #fell(error: Error & { readonly code?: unknown }): void {
    const isFull = error.code === 'ERR_WORKER_OUT_OF_MEMORY'
    if (isFull) this.#heap = `ERR_WORKER_OUT_OF_MEMORY: ${error.message}`
    if (isFull || this.state === 'starting') {
      this.tail.write(Buffer.from(`Process ${this.identity.name}:\n${inspect(error)}\n`))
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

function startThread(options: SpawnOptions, data: ThreadData): Thread {
  const { Worker } = process.getBuiltinModule('node:worker_threads')
  const { execArgv, resourceLimits, identity } = options
  const ports: MessagePort[] = [data.channel, data.output]
  return new Worker(threadEntryPath(), {
    name: identity.name,
    argv: process.argv.slice(2),
    // With `env` Node would no longer give the thread the options of this process, so the thread sets its own.
    workerData: data,
    transferList: ports,
    // Nothing of it goes through Node's own streams, which lose what did not leave before the end.
    stdout: true,
    stderr: true,
    ...(execArgv === undefined ? {} : { execArgv: [...execArgv] }),
    ...(resourceLimits === undefined ? {} : { resourceLimits: { ...resourceLimits } }),
  } as ConstructorParameters<typeof Worker>[1])
}

function isRefusedArgument(error: unknown): boolean {
  return (error as { code?: unknown }).code === 'ERR_WORKER_INVALID_EXEC_ARGV'
}

function refusedArgument(error: unknown, name: string): ArgumentError {
  const text = `execArgv of ${name} has something that a thread cannot have (${textOf(error)}); options of V8 and of the whole process are those of this process. Leave it out, give resourceLimits for memory, or take backend: 'process'.`
  return new ArgumentError(text, { cause: error })
}

function whyNot(error: unknown): string {
  if ((error as NodeJS.ErrnoException).code !== 'ERR_WORKER_INIT_FAILED') return textOf(error)
  return `${textOf(error)}; raise "ulimit -u" or the limit of processes of the container, or start fewer workers`
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
