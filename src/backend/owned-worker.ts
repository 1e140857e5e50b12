import { PassThrough } from 'node:stream'
import { deferred } from '../base/deferred.ts'
import { type ChannelError, WorkerCrashedError, WorkerStartError } from '../base/errors.ts'
import { atMicrotask, atNextTurn } from '../base/event-loop.ts'
import { mainProgram } from '../base/main-program.ts'
import { bareMessage } from '../channel/bare-message.ts'
import type { Channel } from '../channel/channel.ts'
import { type Journal, readJournal } from '../channel/journal.ts'
import { Kind, type Message } from '../channel/messages.ts'
import type { Marshal } from '../marshal/marshal.ts'
import { createMarshal } from '../marshal/create-marshal.ts'
import { getLogger, type LogRecord, passOn } from '../worker/logger.ts'
import type {
  KillOptions,
  SpawnOptions,
  StopOptions,
  Worker,
  WorkerExit,
  WorkerIdentity,
  WorkerState,
} from './backend.ts'
import { Escalation } from './escalation.ts'
import { describeExit, type ExitFacts } from './exit.ts'
import { Lifecycle } from './lifecycle.ts'
import { LineSink } from './line-sink.ts'
import type { OutputSink } from './output-pipe.ts'
import { ownStderr, ownStdout } from './own-stream.ts'
import { StartWatch } from './start-watch.ts'
import { StreamSink } from './stream-sink.ts'
import { TailSink } from './tail-sink.ts'
import { WorkerChannel } from './worker-channel.ts'

const START_LIMIT_MS = 60_000
const GRACE_MS = 1000
// On a loaded machine the end of a process is told long after that of its channel.
const CUT_OFF_MS = 500
// And the rest of what it sent is read.
const REST_MS = 500

/**
 * The course of every worker's life, whatever it lives in. A backend calls `connect` or `failed` when it has tried to
 * start one and `ended` when it is gone, and says how it is killed, referenced and read to its end.
 */
export abstract class OwnedWorker implements Worker {
  readonly identity: WorkerIdentity
  abstract readonly pid: number | undefined
  channel!: WorkerChannel
  notStarted: string | undefined
  readonly marshal: Marshal
  readonly ready: Promise<void>
  readonly exited: Promise<WorkerExit>
  readonly stdout: PassThrough | undefined
  readonly stderr: PassThrough | undefined
  /** Takes what the worker writes to stderr. */
  protected readonly tail: TailSink
  /** Signals that manycore sent. */
  protected readonly sent: Set<NodeJS.Signals> = new Set()
  /** Somebody waits for its end, so the owner has to live until then. */
  protected stopping = false
  protected isReady = false
  readonly #options: SpawnOptions
  readonly #lifecycle = new Lifecycle()
  readonly #ready = deferred<void>()
  readonly #exited = deferred<WorkerExit>()
  readonly #channelClosed = deferred<void>()
  readonly #escalation = new Escalation()
  #journal: Journal = readJournal(undefined)
  #startWatch: StartWatch | undefined
  #givenUp: string | undefined
  #cutOff: NodeJS.Timeout | undefined
  #channelError: ChannelError | undefined
  #isOver = false
  #isRef = true

  constructor(options: SpawnOptions, sharesMemory: boolean) {
    this.#options = options
    this.identity = options.identity
    this.marshal = createMarshal({ place: options.identity.name, sharesMemory })
    this.ready = this.#ready.promise
    // Whoever does not ask is told by `exited`.
    this.ready.catch(ignore)
    this.exited = this.#exited.promise
    if (options.stdio === 'pipe') {
      this.stdout = new PassThrough()
      this.stderr = new PassThrough()
    }
    this.tail = new TailSink(this.sinkFor('stderr'))
  }

  get state(): WorkerState {
    return this.#lifecycle.state
  }

  setBusy(busy: boolean): void {
    this.#lifecycle.happened(busy ? 'busy' : 'idle')
  }

  stop(options: StopOptions = {}): Promise<WorkerExit> {
    if (this.#lifecycle.happened('stop')) {
      this.stopping = true
      this.channel.send(bareMessage(Kind.stop))
      // It is not long.
      this.refHome()
      this.#escalation.begin(options.graceMs ?? GRACE_MS, (signal) => this.kill(signal))
    }
    return this.exited
  }

  abstract kill(signal?: NodeJS.Signals, options?: KillOptions): boolean

  readJournal(): Journal {
    return this.#journal
  }

  ref(): void {
    this.#isRef = true
    this.refHome()
    this.channel.ref()
  }

  unref(): void {
    this.#isRef = false
    if (!this.stopping) this.unrefHome()
    this.channel.unref()
  }

  /** What the worker lives in keeps this process alive, or no longer does. */
  protected abstract refHome(): void
  protected abstract unrefHome(): void
  /** Takes what it has written so far, before the messages that it sent afterwards. */
  protected abstract catchUp(): void
  /** Everything that it has written is taken before this settles. */
  protected abstract readOutput(): void | Promise<void>
  /** Gives what it noted, and lets go of where it did. */
  protected abstract takeJournal(): Journal

  /** It is ready: does what can wait until then. */
  protected becameReady(): void {}

  /** What shows that its start has come to a standstill; see {@link file://./start-watch.ts}. */
  protected standstill(): string | undefined {
    return undefined
  }

  /** Where the output of one name goes; nothing drops it. */
  protected sinkFor(name: 'stdout' | 'stderr'): OutputSink | undefined {
    if (this.#options.stdio === 'ignore') return undefined
    const stream = name === 'stdout' ? this.stdout : this.stderr
    return stream === undefined ? new LineSink(name === 'stdout' ? ownStdout : ownStderr) : new StreamSink(stream)
  }

  /** It was started, and listens at the other end of `inner`. */
  protected connect(inner: Channel, more: Partial<WorkerIdentity> = {}): void {
    const channel = new WorkerChannel(inner, {
      ready: () => this.#tookUp(),
      logged: (message) => this.#passOn(message),
      beforeMessages: () => this.catchUp(),
    })
    channel.onClose = (error) => {
      if (error !== undefined) this.#isCutOff(error)
      this.#channelClosed.resolve()
    }
    const logLevel = getLogger().level
    const identity = { ...this.identity, program: mainProgram(), logLevel, ...more }
    // Without what it leaves open it goes as JSON, and neither end loads anything for it.
    const told = Object.fromEntries(Object.entries(identity).filter(([, value]) => value !== undefined))
    channel.send(bareMessage(Kind.init, this.marshal.encode(told, 'identity')))
    // Now, because the owner may be busy for long, such as with the capture of a function; the worker need not wait for that.
    channel.flush()
    const limitMs = this.#options.startTimeoutMs ?? START_LIMIT_MS
    this.#startWatch = new StartWatch({
      limitMs,
      standstill: () => this.standstill(),
      giveUp: (why) => this.#giveUp(why),
    })
    this.channel = channel
  }

  /** It never came into being; `reason` tells why, and `text` as far as it can be told at once. */
  protected failed(reason: Promise<{ readonly text: string; readonly cause: unknown }>, text: string): void {
    this.notStarted = text
    this.channel = new WorkerChannel(undefined, { ready: ignore, logged: ignore, beforeMessages: ignore })
    this.#journal = this.takeJournal()
    void reason.then(({ text, cause }) => {
      this.#lifecycle.happened('exited')
      this.#escalation.end()
      const { name } = this.identity
      const details = { worker: name, pid: undefined, exitCode: null, signal: null, stderrTail: '' }
      this.#ready.reject(new WorkerStartError(`Worker ${name} could not be started: ${text}.`, details, { cause }))
      this.stdout?.end()
      this.stderr?.end()
      this.#exited.resolve({ ...details, itemIndex: undefined, reason: `could not be started: ${text}`, clean: false })
    })
  }

  /** It is gone. */
  protected async ended(how: Pick<ExitFacts, 'exitCode' | 'signal' | 'heap' | 'terminated'>): Promise<void> {
    this.#isOver = true
    this.#startWatch?.end()
    clearTimeout(this.#cutOff)
    this.#escalation.end()
    // The rest of its messages comes through the event loop; nothing else may hold it up.
    this.channel.readRest()
    if (this.#isRef || this.stopping) this.channel.ref()
    await this.#restOfChannel()
    await this.readOutput()
    this.#journal = this.takeJournal()
    const wasReady = this.state !== 'starting'
    this.#lifecycle.happened('exited')
    const exit = describeExit({
      ...how,
      worker: this.identity.name,
      pid: this.pid,
      stderrTail: this.tail.text(),
      sent: this.sent,
      stopping: this.stopping,
      channelError: this.#channelError,
      givenUp: this.#givenUp,
      began: wasReady,
      mayEnd: this.identity.role === 'process' && wasReady,
    })
    getLogger().debug(`${this.identity.name}${this.pid === undefined ? '' : ` (pid ${this.pid})`} ${exit.reason}.`)
    this.#rejectStart(exit.reason, exit)
    this.#exited.resolve(exit)
  }

  // What it has sent is read within a turn of the event loop or two. The end of the channel may never come: a process that
  // the worker has started, and given this descriptor, has it open.
  async #restOfChannel(): Promise<void> {
    const limit = setTimeout(() => {
      // The event loop may have stood still until now, with messages waiting.
      atNextTurn(() => atNextTurn(() => this.#channelClosed.resolve()))
    }, REST_MS)
    if (!this.#isRef && !this.stopping) limit.unref()
    await this.#channelClosed.promise
    clearTimeout(limit)
    this.channel.destroy()
  }

  #tookUp(): void {
    this.isReady = true
    this.#startWatch?.end()
    this.#lifecycle.happened('ready')
    getLogger().debug(`${this.identity.name} (pid ${this.pid}) is ready.`)
    this.#ready.resolve()
    this.becameReady()
  }

  // What the user's handler throws must not end the channel of a worker that has done nothing wrong.
  #passOn({ payload }: Message): void {
    if (payload === undefined) return
    try {
      passOn(this.marshal.decode(payload) as LogRecord)
    } catch (error) {
      atMicrotask(() => {
        throw error
      })
    }
  }

  #giveUp(why: string): void {
    this.#givenUp = why
    this.#rejectStart(why)
    this.kill('SIGKILL')
  }

  // A channel that broke cannot be mended, and a worker without one is of no use. It notices that itself when it can; and
  // one that was killed from outside while it sent something looks the same until its exit is told.
  #isCutOff(error: ChannelError): void {
    if (this.sent.has('SIGKILL')) return
    this.#channelError = error
    if (this.#isOver) return
    // Its exit may wait to be read.
    this.#cutOff = setTimeout(() => atNextTurn(() => this.#isOver || this.kill('SIGKILL')), CUT_OFF_MS).unref()
  }

  // Does nothing when the worker was ready.
  #rejectStart(reason: string, exit?: WorkerExit): void {
    const { name } = this.identity
    const tail = this.tail.text()
    const text = `Worker ${name} ${reason} before it could take tasks.${tail === '' ? '' : `\nIt wrote to stderr:\n${tail}`}`
    // Not for a signal that came too late, as the one that follows a channel's sudden end.
    const signal = exit?.signal ?? undefined
    const wasKilled = signal !== undefined && this.sent.has(signal)
    this.#ready.reject(
      wasKilled && exit !== undefined
        ? new WorkerCrashedError(text, exit)
        : new WorkerStartError(text, exit ?? { worker: name, pid: this.pid, stderrTail: tail }),
    )
  }
}

function ignore(): void {}
