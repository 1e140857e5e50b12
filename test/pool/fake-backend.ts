import type { Backend, SpawnOptions, Worker, WorkerExit, WorkerState } from '#dist/backend/backend.js'
import { WorkerStartError } from '#dist/base/errors.js'
import { deferred } from '#dist/base/deferred.js'
import type { Channel } from '#dist/channel/channel.js'
import type { Journal } from '#dist/channel/journal.js'
import { Kind, type Message } from '#dist/channel/messages.js'
import type { Marshal } from '#dist/marshal/marshal.js'
import { createMarshal } from '#dist/marshal/create-marshal.js'

/** An item that a fake worker runs, or one that ran when it died. */
export interface Ran {
  readonly task: number
  readonly index: number
  readonly value: unknown
}

/**
 * Workers in memory that do nothing by themselves: the test says when each begins an item, finishes it, sends what it
 * has finished, or dies, so that any interleaving can be had. A result is the item itself (of a call: its first
 * argument).
 */
export class FakeBackend implements Backend {
  readonly name = 'inline'
  readonly sharesMemory = false
  readonly living: FakeWorker[] = []
  /** Everything that ever began. */
  readonly begun: Ran[] = []
  /** What ran when its worker died. */
  readonly lost: Ran[] = []
  spawned = 0
  /** What a worker says that an item took. */
  itemNs = 0
  /** Whether what a worker runs has asked if it is cancelled; nothing where nobody can tell. */
  listens: boolean | undefined

  spawn(options: SpawnOptions): Worker {
    this.spawned++
    const worker = new FakeWorker(this, options)
    this.living.push(worker)
    return worker
  }
}

const SKIPPED = Symbol('cancelled before it began')

export class FakeWorker implements Worker {
  readonly identity: SpawnOptions['identity']
  readonly pid: number
  readonly stdout = undefined
  readonly stderr = undefined
  readonly marshal: Marshal = createMarshal()
  readonly channel: Channel
  readonly #backend: FakeBackend
  readonly #ready = deferred<void>()
  readonly #exited = deferred<WorkerExit>()
  readonly #queue: Ran[] = []
  readonly #kinds = new Map<Ran, Message>()
  #running: Ran | undefined
  #unsent: Message[] = []
  #last: Journal['position']
  #stopping = false
  state: WorkerState = 'starting'

  constructor(backend: FakeBackend, options: SpawnOptions) {
    this.#backend = backend
    this.identity = options.identity
    this.pid = 1000 + backend.spawned
    this.#ready.promise.catch(() => {})
    this.channel = {
      send: (message) => {
        this.#receive(message)
        return true
      },
      flush: () => {},
      drained: () => Promise.resolve(),
      onMessage: () => {},
      onClose: () => {},
      pause: () => {},
      resume: () => {},
      close: () => {},
      destroy: () => {},
      ref: () => {},
      unref: () => {},
    } as Partial<Channel> as Channel
  }

  get ready(): Promise<void> {
    return this.#ready.promise
  }

  get exited(): Promise<WorkerExit> {
    return this.#exited.promise
  }

  /** Makes one step that the random number between 0 and 1 chooses; false when there is nothing to do. */
  step(chance: number): boolean {
    if (this.state === 'starting') {
      this.state = 'ready'
      this.#ready.resolve()
    } else if (this.#running !== undefined) this.#finish()
    else if (this.#unsent.length > 0 && chance < 0.5) this.flush()
    else if (this.#queue.length > 0) this.#begin()
    else if (this.#unsent.length > 0) this.flush()
    else if (this.#stopping) this.die(0)
    else return false
    return true
  }

  flush(): void {
    for (const message of this.#unsent.splice(0)) this.channel.onMessage(message)
  }

  die(exitCode: number | null = null): void {
    const at = this.#backend.living.indexOf(this)
    if (at < 0) return
    this.#backend.living.splice(at, 1)
    if (this.#running !== undefined) this.#backend.lost.push(this.#running)
    this.#ready.reject(new WorkerStartError('This fake worker died before it was ready.'))
    this.state = 'stopped'
    this.#exited.resolve({
      worker: this.identity.name,
      pid: this.pid,
      exitCode,
      signal: exitCode === null ? 'SIGKILL' : null,
      stderrTail: '',
      reason: 'died because the test said so',
      clean: exitCode === 0,
    })
  }

  readJournal(): Journal {
    return { kept: true, position: this.#last, unsent: this.#unsent }
  }

  stop(): Promise<WorkerExit> {
    this.#stopping = true
    return this.exited
  }

  kill(): boolean {
    this.die()
    return true
  }

  isListening(): boolean | undefined {
    return this.#backend.listens
  }

  setBusy(): void {}
  ref(): void {}
  unref(): void {}

  #receive(message: Message): void {
    if (message.kind === Kind.cancel) this.#cancel(message)
    if (![Kind.call, Kind.chunk, Kind.starChunk, Kind.calls].includes(message.kind as never)) return
    const values = this.marshal.decode(message.payload!) as unknown[]
    if (message.kind === Kind.call) this.#add(message, 0, values[0])
    else
      for (const [at, value] of values.entries()) {
        this.#add(message, message.index + at, message.kind !== Kind.chunk ? (value as unknown[])[0] : value)
      }
  }

  #add(message: Message, index: number, value: unknown): void {
    const item = { task: message.task, index, value }
    this.#kinds.set(item, message)
    this.#queue.push(item)
  }

  // What has not begun of a batch is answered by one message, when its turn comes.
  #cancel({ task, index }: Message): void {
    const isOfIt = (item: Ran): boolean => {
      const message = this.#kinds.get(item)
      return message?.task === task && message.index === index
    }
    const first = this.#queue.findIndex(isOfIt)
    if (first < 0) return
    const kept = this.#queue.filter((item) => !isOfIt(item))
    kept.splice(first, 0, { task, index, value: SKIPPED })
    this.#queue.splice(0, Infinity, ...kept)
  }

  #begin(): void {
    const item = this.#queue.shift()!
    if (item.value === SKIPPED) {
      const { task, index } = item
      this.#unsent.push({ kind: Kind.failed, task, fn: 0, index, count: 0, payload: undefined })
      return this.flush()
    }
    this.#running = item
    this.#last = { task: item.task, index: item.index }
    this.#backend.begun.push(item)
  }

  #finish(): void {
    const item = this.#running!
    this.#running = undefined
    const single = this.#kinds.get(item)!.kind === Kind.call
    const payload = this.marshal.encode(single ? item.value : [item.value], 'result')
    const { task, index } = item
    this.#unsent.push(
      single
        ? { kind: Kind.done, task, fn: 0, index: 0, count: 0, payload }
        : { kind: Kind.items, task, fn: this.#backend.itemNs, index, count: 1, payload },
    )
  }
}
