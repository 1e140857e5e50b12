import { enterFolder } from '../base/start-folder.ts'
import { inheritMainProgram } from '../base/main-program.ts'
import { duringImport } from '../base/nesting.ts'
import { bareMessage } from '../channel/bare-message.ts'
import type { Channel } from '../channel/channel.ts'
import type { WorkerIdentity } from '../channel/identity.ts'
import type { JournalStore } from '../channel/journal-store.ts'
import { JournalWriter } from '../channel/journal-writer.ts'
import { Kind, type Message } from '../channel/messages.ts'
import { owned } from '../channel/owned.ts'
import { isMoreThanData } from '../codec/payload.ts'
import { entering } from '../codec/shared-context.ts'
import { createMarshal } from '../marshal/create-marshal.ts'
import type { Marshal } from '../marshal/marshal.ts'
import { rooms } from '../marshal/rooms.ts'
import { Answers } from './answers.ts'
import { ChunkRun, type TaskRun } from './chunk-run.ts'
import { currentIdentity, enterPool, enterWorker, type WorkerRecord } from './context.ts'
import { reportUncaught, type Ending } from './ending.ts'
import { DefinedFunctions, type TaskFunction } from './defined-functions.ts'
import type { Home } from './home.ts'
import { storeFor } from './journal-place.ts'
import { type LogLevel, type LogRecord, logToOwner } from './logger.ts'
import { watchMemory } from './memory-watch.ts'
import { watchUnsettled } from './unsettled.ts'
import { after, type Soon } from './soon.ts'
import { TaskScope, type TaskManner, type TaskMarks, type TaskPlace } from './task-scope.ts'
import { isThenable } from './thenable.ts'
import { currentUsage } from './usage.ts'

/** Runs what comes through the channel from now on. */
export function serve(home: Home): Ending {
  const { channel, journal } = home
  const tasks = new TaskLoop(home, storeFor(journal))
  channel.onMessage = (message) => tasks.receive(message)
  return tasks
}

/** Loads what the first function will need, in the time in which its owner captures it. */
export function loadForFunctions(): void {
  void rooms.rebuild
}

/**
 * Runs what the owner sends, one message at a time, in order. What returns no promise runs at once, inside of the
 * channel's call: no turn of the event loop and no promise lies between a message and its answer.
 */
class TaskLoop implements Ending {
  readonly marshal: Marshal
  readonly #channel: Channel
  readonly #answers: Answers
  readonly #functions: DefinedFunctions
  #identity: WorkerIdentity | undefined
  // Messages behind one that takes its time.
  #queue: Message[] = []
  #isBusy = false
  readonly #cancelled = new WeakSet<Message>()
  #running: ChunkRun | undefined
  #call: Message | undefined
  // Made for the first task that could tell.
  #scope: TaskScope | undefined
  #manner: TaskManner | BrokenManner = FIRST
  readonly #store: JournalStore | undefined
  #isAbandoned = false
  #stopWatching: (() => void) | undefined
  readonly #goOn = (): void => this.#next()

  constructor({ channel, place, sharesMemory }: Home, store: JournalStore | undefined) {
    this.#channel = channel
    this.#store = store
    this.marshal = createMarshal({ place, sharesMemory })
    this.#answers = new Answers(channel, this.marshal, new JournalWriter(store))
    this.#functions = new DefinedFunctions(this.marshal)
  }

  get task(): TaskPlace | undefined {
    return this.#scope?.place
  }

  settle(): void {
    this.#running?.settle()
  }

  abandon(): void {
    this.#isAbandoned = true
    this.#running?.abandon()
  }

  receive(message: Message): void {
    if (message.kind === Kind.cancel) {
      this.#cancel(message)
    } else if (message.kind === Kind.probe) {
      const isThread = this.#identity?.threadId !== undefined
      const payload = message.count === 0 ? undefined : this.marshal.encode(currentUsage(isThread), 'usage')
      this.#channel.send(bareMessage(Kind.alive, payload))
    } else if (this.#isBusy) {
      this.#queue.push(owned(message))
    } else {
      this.#follow(this.#perform(message))
    }
  }

  #follow(soon: Soon): void {
    if (soon === undefined) return
    this.#isBusy = true
    // What throws here is no user's code. It ends the worker, as an error that nobody caught.
    void soon.then(this.#goOn)
  }

  #next(): void {
    for (let message = this.#queue.shift(); message !== undefined; message = this.#queue.shift()) {
      const soon = this.#perform(message)
      if (soon !== undefined) {
        this.#follow(soon)
        return
      }
    }
    this.#isBusy = false
  }

  #perform(message: Message): Soon {
    if (this.#isAbandoned) return undefined
    switch (message.kind) {
      case Kind.call:
      case Kind.chunk:
      case Kind.starChunk:
      case Kind.calls:
        return this.#task(message)
      case Kind.manner:
        return this.#takeManner(message)
      case Kind.prepare:
        return this.#prepare(message)
      case Kind.define:
        return this.#answers.building(message.fn, () => this.#functions.define(message))
      case Kind.release:
        this.#functions.release(message.fn)
        return undefined
      case Kind.init:
        return this.#decoded(message, (identity) => this.#begun(identity as WorkerIdentity))
      case Kind.stop:
        this.#channel.close()
        // Nothing comes after it; the channel's end ends the process.
        return new Promise(() => {})
      default:
        return undefined
    }
  }

  #begun(identity: WorkerIdentity): undefined {
    const { folder, maxMemoryBytes, logLevel, program } = identity
    this.#identity = identity
    enterWorker(identity)
    if (folder !== undefined) enterFolder(folder)
    if (logLevel !== undefined) logToOwner(logLevel as LogLevel, (record) => this.#log(record))
    if (maxMemoryBytes !== undefined) this.#answers.watch = watchMemory(this.#channel, maxMemoryBytes)
    inheritMainProgram(program)
  }

  #takeManner(message: Message): Soon {
    const { count: attempt, index, fn } = message
    const take = (manner: TaskManner | BrokenManner): Soon => {
      this.#manner = manner
      return undefined
    }
    return this.#decoded(
      message,
      (shared) => {
        const enter = shared === undefined ? undefined : entering(shared)
        return take({ attempt, patient: index === 1, isNoted: fn === 1, enter })
      },
      (error) => take({ error }),
    )
  }

  // At once, for what comes next may be the end of it.
  #log(record: LogRecord): void {
    this.#channel.send(bareMessage(Kind.log, this.marshal.encode(record, 'record')))
    this.#channel.flush()
  }

  #prepare(message: Message): Soon {
    const answers = this.#answers
    const { task, index } = message
    const record: WorkerRecord = {
      index,
      state: undefined,
      get begun() {
        return answers.begun
      },
    }
    // An inline worker has no `init` of its own.
    const who = currentIdentity()
    if (who !== undefined) enterPool(who, record)
    if (message.fn === 0) return undefined
    const fn = this.#functions.get(message.fn)
    const failed = (error: unknown): Soon => answers.failed(task, error)
    if ('error' in fn) return failed(fn.error)
    const done = (state: unknown): Soon => {
      record.state = state
      return answers.done(task, undefined)
    }
    return this.#decoded(
      message,
      (args) => {
        try {
          const state = fn.call(...(args as unknown[]))
          return isThenable(state) ? Promise.resolve(state).then(done, failed) : done(state)
        } catch (error) {
          return failed(error)
        }
      },
      failed,
    )
  }

  #task(message: Message): Soon {
    const manner = this.#manner
    this.#manner = FIRST
    this.#scope?.over()
    if (this.#cancelled.has(message)) return this.#answers.skipped(message.task)
    const fn = this.#functions.get(message.fn)
    const broken = 'error' in fn ? fn : 'error' in manner ? manner : undefined
    if (broken !== undefined) return this.#refused(message, broken.error)
    const run = this.#runner(message, fn as TaskFunction, manner as TaskManner)
    this.#answers.patient = (manner as TaskManner).patient
    return this.#decodedAsBegun(
      message,
      (args) =>
        message.kind === Kind.call
          ? this.#begin(message, run, args as unknown[])
          : this.#chunk(message, run, args as unknown[]),
      (error) => this.#refused(message, error),
    )
  }

  #refused(message: Message, error: unknown): Soon {
    return message.kind === Kind.call
      ? this.#callFailed(message.task, error)
      : this.#answers.failed(message.task, error)
  }

  // What runs one item. Nobody can notice in which context a pure function runs.
  #runner(message: Message, { call, pure: isPure, keepsState }: TaskFunction, manner: TaskManner): TaskRun {
    const { kind, task, fn: id, index: first, payload } = message
    const pure = isPure && !manner.isNoted && (payload === undefined || !isMoreThanData(payload))
    const takesOne = kind === Kind.chunk
    if (pure) return { pure, keepsState, call: takesOne ? (_, item) => call(item) : (_, args) => call(...(args as [])) }
    const scope = (this.#scope ??= new TaskScope(this.#store ?? UNMARKED))
    const isItem = takesOne || kind === Kind.starChunk
    return {
      pure,
      keepsState,
      call: (index, item) => {
        const [taskId, itemIndex] = isItem ? [task, index] : [task + index - first, undefined]
        return scope.run(taskId, itemIndex, id, manner, call, takesOne ? [item] : (item as unknown[]))
      },
    }
  }

  #begin(message: Message, run: TaskRun, args: unknown[]): Soon {
    return after(this.#answers.begin(message.task, 0, run.pure), () => this.#execute(message, run, args))
  }

  #execute(message: Message, run: TaskRun, args: unknown[]): Soon {
    const { task } = message
    this.#call = message
    let value: unknown
    let later: boolean
    try {
      value = run.call(0, args)
      later = isThenable(value)
    } catch (error) {
      return this.#callFailed(task, error)
    }
    if (later) {
      // In a thread somebody else who has the same memory can settle it.
      if (this.#identity?.role === 'process' && this.#identity.threadId === undefined)
        this.#stopWatching = watchUnsettled(this.#channel, (error) => void this.#callFailed(task, error))
      return Promise.resolve(value).then(
        (late) => this.#callDone(task, late),
        (error: unknown) => this.#callFailed(task, error),
      )
    }
    return this.#callDone(task, value)
  }

  #callDone(task: number, value: unknown): Soon {
    const soon = this.#answers.done(task, value)
    this.#settled()
    return soon
  }

  #callFailed(task: number, error: unknown): Soon {
    const soon = this.#answers.failed(task, error)
    if (this.#identity?.role === 'process') reportUncaught(error)
    this.#settled()
    return soon
  }

  // A process ends when nothing is left to do for it, and its owner has nothing more for it.
  #settled(): void {
    this.#call = undefined
    this.#stopWatching?.()
    if (this.#identity?.role === 'process') this.#channel.unref()
  }

  #chunk(message: Message, run: TaskRun, items: unknown[]): Soon {
    this.#running = new ChunkRun(this.#answers, message, run, items, this.#store ?? UNMARKED)
    return this.#running.go()
  }

  // To build again what is more than plain data runs code of its types and modules. Where that is the end of the worker,
  // the journal has to name the item, or it would be sent to the next worker, and the next.
  #decodedAsBegun(message: Message, use: (value: unknown) => Soon, refused: (error: unknown) => Soon): Soon {
    if (message.payload === undefined || !isMoreThanData(message.payload)) return this.#decoded(message, use, refused)
    const noted = this.#answers.begin(message.task, message.index, false)
    return after(noted, () => this.#decoded(message, use, refused))
  }

  #decoded(message: Message, use: (value: unknown) => Soon, refused?: (error: unknown) => Soon): Soon {
    let value: unknown
    try {
      value = message.payload === undefined ? undefined : this.marshal.decode(message.payload)
    } catch (error) {
      if (refused === undefined) throw error
      return refused(error)
    }
    return value instanceof Promise ? duringImport(value).then(use, refused) : use(value)
  }

  #cancel({ task, index }: Message): void {
    if (this.#isBusy && (this.#call?.task === task || this.#running?.cancel(task, index) === true))
      this.#scope?.cancel()
    for (const queued of this.#queue) {
      if (queued.task === task && queued.index === index && RUNNABLE.has(queued.kind)) this.#cancelled.add(queued)
    }
  }
}

const RUNNABLE: ReadonlySet<number> = new Set([Kind.call, Kind.chunk, Kind.starChunk, Kind.calls])

const FIRST: TaskManner = { attempt: 1, patient: false, isNoted: false }

const UNMARKED: TaskMarks = { isMarked: () => false, listen() {} }

interface BrokenManner {
  readonly error: unknown
}
