import { deferred, type Deferred } from '../base/deferred.ts'
import { InternalError, TimeoutError } from '../base/errors.ts'
import type { Worker, WorkerExit } from '../backend/backend.ts'
import { Kind, type Message } from '../channel/messages.ts'
import type { TaskPlace } from '../worker/task-scope.ts'
import type { Batch, Holder } from './batch.ts'
import { OverdueBatch } from './overdue.ts'
import type { PoolFunction } from './functions.ts'
import { HookBatch } from './hook-batch.ts'
import { Interruption, SOON_MS } from './interruption.ts'
import { setLimit } from './limit.ts'
import { Phases, type MemberState } from './phases.ts'
import type { Tally } from './tally.ts'
import { noteThrown } from './thrown.ts'
import { transmit } from './transmit.ts'
import type { WorkerUsage } from '../worker/usage.ts'

/** What a member tells its roster. */
export interface MemberEvents {
  /** It has answered something, or may be sent to again. */
  free(member: Member): void
  exited(member: Member, exit: WorkerExit): void
  /** Something failed outside of a task; the numbers of the one that it came from, if that is known. */
  problem(member: Member, reason: unknown, from: TaskPlace | undefined): void
}

// What an item of a function that was never answered is taken to cost.
const UNKNOWN_MS = 5

/** One worker of a pool and what it holds. */
export class Member implements Holder {
  readonly worker: Worker
  /** Its place in the pool. */
  readonly index: number
  /** Sent and not completely answered, in the order in which the worker runs them. */
  readonly batches: Batch[] = []
  /** Items in `batches` without an answer. */
  items = 0
  /** Milliseconds of work in `batches`, as far as that can be told. */
  heldMs = 0
  readonly phases: Phases = new Phases()
  /** Items that may still be sent to it. */
  left: number
  /** It has answered something since it is ready. */
  hasAnswered = false
  /** How many tasks it has answered. */
  tasks = 0
  /** It has said something since this was last reset. */
  heard = true
  /** How often in a row it was asked for a sign of life and gave none. */
  silentTicks = 0
  /** Since when it holds nothing, while it holds nothing. */
  idleSinceMs = 0
  /** More waits in its channel than the high-water mark. */
  blocked = false
  /** See `Source.owner`. */
  owner: object | undefined
  /** Why the pool killed it. */
  killedFor: string | undefined
  readonly #events: MemberEvents
  readonly #tally: Tally
  #state: MemberState = 'starting'
  #headSinceMs = 0
  #stopLimit: (() => void) | undefined
  readonly #interruption: Interruption
  #usage: Deferred<WorkerUsage | undefined> | undefined
  #defined: PoolFunction | undefined

  constructor(worker: Worker, index: number, mostItems: number, tally: Tally, events: MemberEvents) {
    this.worker = worker
    this.index = index
    this.left = mostItems
    this.#tally = tally
    this.#events = events
    this.#interruption = new Interruption(worker, (reason) => this.kill(reason))
    worker.channel.onMessage = (message) => this.take(message)
    void worker.exited.then((exit) => events.exited(this, exit))
  }

  get state(): MemberState {
    return this.#state
  }

  set state(state: MemberState) {
    this.#state = state
    this.phases.entered(state, performance.now())
  }

  /** It takes work and has none. */
  get isIdle(): boolean {
    return this.state === 'ready' && this.batches.length === 0
  }

  /** It runs the initializer or the exit hook. */
  get runsHook(): boolean {
    return this.batches[0] instanceof HookBatch
  }

  /** It gets nothing new. */
  get isLeaving(): boolean {
    return this.left <= 0 || this.state === 'leaving' || this.state === 'gone'
  }

  get name(): string {
    return this.worker.identity.name
  }

  /** A batch that the channel cannot carry is refused, and nothing else has happened. */
  send(batch: Batch, owner?: object, limitMs?: number): void {
    let hasRoom: boolean
    try {
      hasRoom = transmit(this.worker, batch, batch.fn === this.#defined)
    } catch (reason) {
      return batch.refuse(reason)
    }
    this.#defined = batch.fn
    if (this.batches.length === 0) {
      this.#headSinceMs = performance.now()
      this.phases.works(true, this.#headSinceMs)
      this.worker.setBusy(true)
    }
    batch.holder = this
    batch.sending = { worker: this.name, ms: performance.now() }
    this.batches.push(batch)
    this.items += batch.count
    const { pace } = batch.fn
    batch.costMs = pace.known ? pace.itemMs : UNKNOWN_MS
    this.heldMs += batch.costMs * batch.count
    this.left -= batch.count
    this.owner = owner
    if (limitMs !== undefined) this.#stopLimit = setLimit(() => this.#expire(batch, limitMs), limitMs)
    if (hasRoom) return
    this.blocked = true
    void this.worker.channel.drained().then(() => {
      this.blocked = false
      this.#events.free(this)
    })
  }

  /** Handles an answer. */
  take(message: Message): void {
    this.heard = true
    switch (message.kind) {
      case Kind.done:
        return this.#resolve(message, 1)
      case Kind.items:
        return this.#resolve(message, message.count)
      case Kind.itemFailed:
        return this.#reject(message, 1)
      case Kind.failed:
        return this.#reject(message, Infinity)
      case Kind.full:
        this.left = 0
        return this.#events.free(this)
      case Kind.problem:
        return this.#problem(message)
      case Kind.alive:
        if (message.payload !== undefined) this.#tellUsage(this.worker.marshal.decode(message.payload) as WorkerUsage)
        return
      default:
    }
  }

  /** What the worker says that it uses; nothing when it is not ready, or ends before it has answered. */
  askUsage(): Promise<WorkerUsage | undefined> {
    if (this.state !== 'ready') return Promise.resolve(undefined)
    if (this.#usage === undefined) {
      this.#usage = deferred()
      this.worker.channel.send({ kind: Kind.probe, task: 0, fn: 0, index: 0, count: 1, payload: undefined })
    }
    return this.#usage.promise
  }

  /** Asks the worker to skip what it has not begun of a batch. */
  cancel(batch: Batch): void {
    if (!this.batches.includes(batch)) return
    const { task, index, count } = batch
    this.worker.channel.send({ kind: Kind.cancel, task, fn: 0, index, count, payload: undefined })
  }

  forget(fn: PoolFunction): void {
    if (this.state === 'gone') return
    if (this.#defined === fn) this.#defined = undefined
    const message = this.worker.marshal.release(fn.shipped)
    if (message !== undefined) this.worker.channel.send(message)
  }

  /** Asks the worker to end what it runs, which is this batch; see {@link Interruption}. */
  interrupt(batch: Batch, reason: string): void {
    if (this.state === 'gone') return
    this.#interruption.begin(() => this.cancel(batch), batch.graceMs, this.#isSoonOver(batch), reason)
  }

  /** It gets nothing new, and is killed where it takes long for what it holds, which nobody waits for any more. */
  hurry(): void {
    this.left = 0
    this.#interruption.hurry('it went on with what nobody waited for any more')
  }

  /** Ends the worker at once; its batches are seen to when it has exited. */
  kill(reason: string): void {
    if (this.state === 'gone') return
    this.state = 'leaving'
    this.killedFor ??= reason
    this.worker.kill('SIGKILL')
  }

  /** Takes all that the worker holds out of its hands. */
  surrender(): Batch[] {
    this.#stopLimit?.()
    this.#interruption.end(true)
    this.#tellUsage(undefined)
    this.items = 0
    this.heldMs = 0
    this.owner = undefined
    return this.batches.splice(0)
  }

  /** Moves on by `count` answered items of the batch at the head, which took `tookMs` where the worker told that. */
  advance(batch: Batch, count: number, tookMs = 0): void {
    if (tookMs > 0) batch.fn.pace.note(tookMs, count)
    batch.answered += count
    this.hasAnswered = true
    this.items -= count
    this.heldMs -= batch.costMs * count
    batch.fn.deaths = 0
    const now = performance.now()
    if (!(batch instanceof HookBatch)) {
      this.tasks += count
      // Seen from here a call takes as long as its answer is on the way, too.
      const ranMs = batch.kind === Kind.call ? now - this.#headSinceMs : tookMs
      if (ranMs > 0) this.#tally.ran(batch, batch.answered - count, count, ranMs, now)
    }
    if (batch.answered < batch.count) return
    if (batch.kind === Kind.call) batch.fn.pace.note(now - this.#headSinceMs, 1)
    this.#headSinceMs = now
    this.batches.shift()
    this.#stopLimit?.()
    this.#stopLimit = undefined
    if (this.batches.length > 0) return
    this.idleSinceMs = now
    this.phases.works(false, now)
    this.heldMs = 0
    this.owner = undefined
    this.#interruption.end(false)
    this.worker.setBusy(false)
  }

  // Of each batch one item may run before its worker sees the mark. An overdue one shows that its pace is not known.
  #isSoonOver(batch: Batch): boolean {
    return !(batch instanceof OverdueBatch) && this.batches.length * batch.fn.pace.itemMs < SOON_MS / 2
  }

  #tellUsage(usage: WorkerUsage | undefined): void {
    this.#usage?.resolve(usage)
    this.#usage = undefined
  }

  #problem(message: Message): void {
    if (message.payload === undefined) return
    const reason = this.worker.marshal.decodeError(message.payload)
    const { task, index, fn } = message
    const from = message.count === 0 ? undefined : { task, index: message.count === 2 ? index : undefined, fn }
    if (reason instanceof Promise) void reason.then((late) => this.#events.problem(this, late, from))
    else this.#events.problem(this, reason, from)
  }

  #resolve(message: Message, count: number): void {
    const single = message.kind === Kind.done
    const batch = this.#head(message)
    const from = batch.answered
    let value: unknown
    try {
      value = message.payload === undefined ? undefined : this.worker.marshal.decode(message.payload)
    } catch (error) {
      this.advance(batch, count, single ? 0 : message.fn / 1e6)
      for (let at = 0; at < count; at++) batch.rejected(from + at, error)
      this.#events.free(this)
      return
    }
    this.advance(batch, count, single ? 0 : message.fn / 1e6)
    if (value instanceof Promise) {
      value.then(
        (late) => batch.resolved(from, single ? [late] : (late as unknown[])),
        (error: unknown) => {
          for (let at = 0; at < count; at++) batch.rejected(from + at, error)
        },
      )
    } else batch.resolved(from, single ? [value] : (value as unknown[]))
    this.#events.free(this)
  }

  #reject(message: Message, most: number): void {
    const batch = this.#head(message)
    const from = batch.answered
    const count = Math.min(most, batch.count - batch.answered)
    const { payload } = message
    for (let at = 0; at < count; at++) {
      const site = batch.site(from + at)
      const reason = payload === undefined ? undefined : this.worker.marshal.decodeError(payload, site)
      if (at === 0) this.advance(batch, count, message.kind === Kind.itemFailed ? message.fn / 1e6 : 0)
      const rejected = (late: unknown): void => {
        noteThrown(late)
        batch.rejected(from + at, late)
      }
      if (reason instanceof Promise) void reason.then(rejected)
      else rejected(reason)
    }
    this.#events.free(this)
  }

  // A worker runs what it was sent in order, so an answer is always about the head. A handler that throws ends the
  // channel, and with it this worker: nothing that it says can be trusted any more.
  #head(message: Message): Batch {
    const batch = this.batches[0]
    if (batch === undefined || batch.task !== message.task) {
      throw new InternalError(
        `Worker ${this.worker.identity.name} answered task ${message.task}, but task ${batch?.task ?? 'none'} is its next.`,
      )
    }
    return batch
  }

  #expire(batch: Batch, limitMs: number): void {
    if (this.batches[0] !== batch) return
    this.#stopLimit = undefined
    const at = batch.answered
    const what = batch.describe(at)
    const text = `${capital(what)} took longer than ${limitMs} ms in worker ${this.name}.`
    const fail = (): void => batch.rejected(at, new TimeoutError('MC_TASK_TIMEOUT', text, limitMs))
    // Where it may be run again, this attempt has to be over before.
    const overdue = new OverdueBatch(batch, batch.isRetried ? fail : undefined)
    this.batches[0] = overdue
    batch.answered = batch.count
    this.interrupt(overdue, `it ran ${what} for longer than ${limitMs} ms`)
    if (!batch.isRetried) fail()
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
