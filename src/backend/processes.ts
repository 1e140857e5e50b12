import { closeSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import type { ChildProcess } from 'node:child_process'
import { deferred } from '../base/deferred.ts'
import { type ChannelError, WorkerCrashedError, WorkerStartError } from '../base/errors.ts'
import { mainProgram } from '../base/main-program.ts'
import { assertMaySpawn } from '../base/nesting.ts'
import { type Journal, readJournal } from '../channel/journal.ts'
import { createJournalFile, fileStore } from '../channel/journal-store.ts'
import { Kind } from '../channel/messages.ts'
import { openPipe } from '../channel/pipe.ts'
import type { Marshal } from '../marshal/marshal.ts'
import { createOwnerMarshal } from '../marshal/owner.ts'
import type {
  Backend,
  KillOptions,
  SpawnOptions,
  StopOptions,
  Worker,
  WorkerExit,
  WorkerIdentity,
  WorkerState,
} from './backend.ts'
import { adopt, release } from './children.ts'
import { processEntryPath } from './entry-url.ts'
import { Escalation } from './escalation.ts'
import { describeExit } from './exit.ts'
import { type Launched, launch } from './launch.ts'
import { Lifecycle } from './lifecycle.ts'
import { SourceSink } from './source-sink.ts'
import { LineSink, OutputPipe, type Sink, StreamSink, TailSink, ownStderr, ownStdout } from './stdio.ts'
import { ProcessTree } from './tree.ts'
import { WorkerChannel } from './worker-channel.ts'

/** Workers that are operating system processes: full isolation, and a crash costs nobody else anything. */
export const processBackend: Backend = {
  name: 'process',
  spawn: (options) => new ProcessWorker(options),
}

const START_LIMIT_MS = 60_000
const GRACE_MS = 1000
const CUT_OFF_MS = 50

class ProcessWorker implements Worker {
  readonly identity: WorkerIdentity
  readonly pid: number | undefined
  readonly channel: WorkerChannel
  readonly marshal: Marshal
  readonly ready: Promise<void>
  readonly exited: Promise<WorkerExit>
  readonly stdout: PassThrough | undefined
  readonly stderr: PassThrough | undefined
  readonly #lifecycle = new Lifecycle()
  readonly #child: ChildProcess | undefined
  readonly #ready = deferred<void>()
  readonly #exited = deferred<WorkerExit>()
  readonly #channelClosed = deferred<void>()
  readonly #tail: TailSink
  readonly #pipes: OutputPipe[] = []
  readonly #sent = new Set<NodeJS.Signals>()
  readonly #escalation = new Escalation()
  readonly #journalFd: number | undefined
  #journal: Journal = readJournal(undefined)
  #tree: ProcessTree | undefined
  #startLimit: NodeJS.Timeout | undefined
  #cutOff: NodeJS.Timeout | undefined
  #channelError: ChannelError | undefined
  #stopping = false
  #isRef = true

  constructor(options: SpawnOptions) {
    assertMaySpawn(process.argv[1] === processEntryPath())
    this.identity = options.identity
    this.marshal = createOwnerMarshal({ place: options.identity.name })
    this.ready = this.#ready.promise
    // Whoever does not ask is told by `exited`.
    this.ready.catch(ignore)
    this.exited = this.#exited.promise
    if (options.stdio === 'pipe') {
      this.stdout = new PassThrough()
      this.stderr = new PassThrough()
    }
    this.#tail = new TailSink(this.#sinkFor(options, 'stderr'))
    this.#journalFd = createJournalFile()
    const launched = launch(options, this.#journalFd)
    if ('reason' in launched) {
      this.channel = new WorkerChannel(undefined, { ready: ignore, beforeMessages: ignore })
      void launched.reason.then(({ text, cause }) => this.#failed(text, cause))
      return
    }
    this.pid = launched.pid
    this.#child = launched.child
    this.channel = this.#connect(launched, options)
  }

  get state(): WorkerState {
    return this.#lifecycle.state
  }

  setBusy(busy: boolean): void {
    this.#lifecycle.happened(busy ? 'busy' : 'idle')
  }

  stop(options: StopOptions = {}): Promise<WorkerExit> {
    if (this.#lifecycle.happened('stop')) {
      this.#stopping = true
      this.channel.send({ kind: Kind.stop, task: 0, fn: 0, index: 0, count: 0, payload: undefined })
      // Somebody waits for the end, so the owner has to live until then; it is not long.
      this.#child?.ref()
      this.#escalation.begin(options.graceMs ?? GRACE_MS, (signal) => this.kill(signal, options))
    }
    return this.exited
  }

  kill(signal: NodeJS.Signals = 'SIGTERM', options: KillOptions = {}): boolean {
    if (this.#child === undefined || this.#lifecycle.state === 'stopped') return false
    this.#sent.add(signal)
    if (options.tree !== true || this.pid === undefined) return this.#child.kill(signal)
    this.#tree ??= new ProcessTree(this.pid)
    return this.#tree.signal(signal) || this.#child.kill(signal)
  }

  readJournal(): Journal {
    return this.#journal
  }

  ref(): void {
    this.#isRef = true
    this.#child?.ref()
    this.channel.ref()
  }

  unref(): void {
    this.#isRef = false
    if (!this.#stopping) this.#child?.unref()
    this.channel.unref()
  }

  #connect(launched: Launched, options: SpawnOptions): WorkerChannel {
    const { child, pid } = launched
    const record = { pid, abandon: () => this.#abandon() }
    adopt(record)
    child.on('exit', (code, signal) => {
      release(record)
      void this.#ended(code, signal)
    })
    if (launched.stdout !== undefined) {
      const sink = this.#sinkFor(options, 'stdout')
      if (sink !== undefined) this.#pipes.push(new OutputPipe(launched.stdout, sink))
    }
    this.#pipes.push(new OutputPipe(launched.stderr, new SourceSink(this.#tail)))
    const channel = new WorkerChannel(openPipe(launched.socket), {
      ready: () => this.#isReady(),
      beforeMessages: () => {
        for (const pipe of this.#pipes) pipe.catchUp()
      },
    })
    channel.onClose = (error) => {
      // A channel that broke cannot be mended, and a worker without one is of no use.
      if (error !== undefined) this.#isCutOff(error)
      this.#channelClosed.resolve()
    }
    const payload = this.marshal.encode({ ...this.identity, program: mainProgram() }, 'identity')
    channel.send({ kind: Kind.init, task: 0, fn: 0, index: 0, count: 0, payload })
    const limitMs = options.startTimeoutMs ?? START_LIMIT_MS
    if (limitMs !== Infinity) this.#startLimit = setTimeout(() => this.#tooSlow(limitMs), limitMs).unref()
    return channel
  }

  #sinkFor(options: SpawnOptions, name: 'stdout' | 'stderr'): Sink | undefined {
    if (options.stdio === 'ignore') return undefined
    const stream = name === 'stdout' ? this.stdout : this.stderr
    return stream === undefined ? new LineSink(name === 'stdout' ? ownStdout : ownStderr) : new StreamSink(stream)
  }

  #isReady(): void {
    clearTimeout(this.#startLimit)
    this.#lifecycle.happened('ready')
    this.#ready.resolve()
  }

  #tooSlow(limitMs: number): void {
    this.#rejectStart(`did not become ready within ${limitMs} ms and was ended`)
    this.kill('SIGKILL')
  }

  // A channel that broke cannot be mended, and a worker without one is of no use. It notices that itself when it can; and
  // one that was killed from outside while it sent something looks the same until its exit is told.
  #isCutOff(error: ChannelError): void {
    if (this.#child?.exitCode !== null || this.#child.signalCode !== null || this.#sent.has('SIGKILL')) return
    this.#channelError = error
    this.#cutOff = setTimeout(() => this.kill('SIGKILL'), CUT_OFF_MS).unref()
  }

  async #ended(exitCode: number | null, signal: NodeJS.Signals | null): Promise<void> {
    clearTimeout(this.#startLimit)
    clearTimeout(this.#cutOff)
    this.#escalation.end()
    this.#tree?.finish()
    // The rest of its messages comes through the event loop; nothing else may hold it up.
    this.channel.readRest()
    if (this.#isRef || this.#stopping) this.channel.ref()
    await this.#channelClosed.promise
    for (const pipe of this.#pipes) pipe.finish()
    this.#keepJournal()
    const wasReady = this.#lifecycle.state !== 'starting'
    this.#lifecycle.happened('exited')
    const exit = describeExit({
      worker: this.identity.name,
      pid: this.pid,
      exitCode,
      signal,
      stderrTail: this.#tail.text(),
      sent: this.#sent,
      stopping: this.#stopping,
      channelError: this.#channelError,
      mayEnd: this.identity.role === 'process' && wasReady,
    })
    this.#rejectStart(exit.reason, exit)
    this.#exited.resolve(exit)
  }

  #failed(text: string, cause: unknown): void {
    this.#keepJournal()
    this.#lifecycle.happened('exited')
    const { name } = this.identity
    const details = { worker: name, pid: undefined, exitCode: null, signal: null, stderrTail: '' }
    this.#ready.reject(new WorkerStartError(`Worker ${name} could not be started: ${text}.`, details, { cause }))
    this.stdout?.end()
    this.stderr?.end()
    this.#exited.resolve({ ...details, itemIndex: undefined, reason: `could not be started: ${text}`, clean: false })
  }

  // The file is gone as soon as nobody has it open.
  #keepJournal(): void {
    if (this.#journalFd === undefined) return
    this.#journal = readJournal(fileStore(this.#journalFd))
    closeSync(this.#journalFd)
  }

  // Does nothing when the worker was ready.
  #rejectStart(reason: string, exit?: WorkerExit): void {
    const { name } = this.identity
    const tail = this.#tail.text()
    const text = `Worker ${name} ${reason} before it could take tasks.${tail === '' ? '' : `\nIt wrote to stderr:\n${tail}`}`
    // Not for a signal that came too late, as the one that follows a channel's sudden end.
    const signal = exit?.signal ?? undefined
    const wasKilled = signal !== undefined && this.#sent.has(signal)
    this.#ready.reject(
      wasKilled && exit !== undefined
        ? new WorkerCrashedError(text, exit)
        : new WorkerStartError(text, exit ?? { worker: name, pid: this.pid, stderrTail: tail }),
    )
  }

  #abandon(): void {
    this.kill('SIGKILL', { tree: true })
    for (const pipe of this.#pipes) pipe.drain()
  }
}

function ignore(): void {}
