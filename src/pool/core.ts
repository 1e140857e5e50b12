import type { Backend } from '../backend/backend.ts'
import type { Begun } from '../backend/launched.ts'
import { deferred } from '../base/deferred.ts'
import { CancelledError, StateError, type ManycoreError } from '../base/errors.ts'
import { atNextTurn } from '../base/event-loop.ts'
import type { WaitOptions } from '../base/wait.ts'
import { type ShipOptions, shipFunction } from '../marshal/functions.ts'
import { Backlog } from './backlog.ts'
import type { Call, CallOptions } from './call.ts'
import { CallQueues } from './call-queues.ts'
import type { CallQueue } from './calls.ts'
import { FunctionTable } from './functions.ts'
import { KeepAlive } from './keep-alive.ts'
import { measure } from './measure.ts'
import type { Member } from './member.ts'
import type { CheckedPoolOptions } from './options.ts'
import { warnOfProblem } from './problem.ts'
import { recover } from './recovery.ts'
import { hooksOf } from './hooks.ts'
import { Roster, type RosterEvents } from './roster.ts'
import { Scheduler } from './scheduler.ts'
import type { CheckedSize } from './size.ts'
import { sharedValues } from './shared-values.ts'
import { statsOf, type PoolStats } from './stats.ts'
import { Tally } from './tally.ts'
import { Task } from './task.ts'
import type { Work } from './work.ts'
import type { ResultSink } from './result-sink.ts'
import type { WorkOptions } from './work-options.ts'
import { Works, type WorkUser } from './works.ts'

// Items are pulled for so much work of all workers ahead, and not more than so many.
const AHEAD_MS = 20
const MOST_AHEAD = 32_768

type AnyFunction = (...args: never[]) => unknown

/** The one owner of a pool's state: everything here happens on the event loop, one thing after the other. */
export class PoolCore {
  readonly options: CheckedPoolOptions & { readonly sharesMemory: boolean }
  readonly roster: Roster
  readonly #once: ShipOptions
  readonly #functions: FunctionTable
  readonly #scheduler: Scheduler
  readonly #calls: CallQueues
  readonly #backlog: Backlog
  readonly #works: Works
  readonly #keepAlive = new KeepAlive()
  readonly #ended = deferred<void>()
  #state: 'open' | 'closed' | 'terminated' = 'open'
  #broken: ManycoreError | undefined
  #joined: Promise<void> | undefined
  #openCalls = 0
  #lastId = 0
  // Somebody had room left when the queue ran empty, so that what comes next is sent at once.
  #spare = true

  constructor(options: CheckedPoolOptions, backend: Backend) {
    const { sharesMemory } = backend
    const tally = new Tally()
    this.options = { ...options, sharesMemory }
    this.#once = { ...this.options, maybeOnce: true }
    this.#functions = new FunctionTable((fn) => {
      for (const member of this.roster.members) member.forget(fn)
    })
    this.#scheduler = new Scheduler(
      () => this.roster.members,
      () => this.roster.most,
    )
    this.#calls = new CallQueues({
      sharesMemory,
      tally,
      offered: (queue) => this.#offered(queue),
      settled: (call) => this.#settled(call),
    })
    this.#works = new Works(tally, {
      offered: (work) => {
        for (const lane of work.lanes) if (lane.waiting > 0) this.#scheduler.offer(lane)
        this.#shareOut()
      },
      held: (held) => (held ? this.#keepAlive.hold() : this.#keepAlive.release()),
      finished: ({ fn }) => {
        this.#functions.leave(fn)
        this.#endIfDrained()
      },
    })
    this.#backlog = new Backlog(options.maxQueue ?? Infinity, () => this.#calls.waiting)
    const hooks = hooksOf(this.options, this.#functions)
    this.roster = new Roster(backend, options, tally, hooks, this.#rosterEvents())
    this.roster.grow(0)
  }

  get state(): 'open' | 'closed' | 'terminated' {
    return this.#state
  }

  /**
   * Starts the first worker before a function is captured for it: both take about as long, and one need not wait for
   * the other. Where the capture is refused the worker is there for what comes next.
   */
  startFirst(begun?: Begun): void {
    if (this.roster.members.length === 0) this.roster.grow(1, begun)
  }

  /** Throws unless work is still taken. */
  checkOpen(method: string): void {
    const refusal = this.#refusal(method)
    if (refusal !== undefined) throw refusal
  }

  call(target: AnyFunction, args: readonly unknown[], options: CallOptions | undefined): Task<unknown> {
    if (this.#backlog.isFull) {
      throw new StateError(
        'MC_POOL_FULL',
        `apply(): ${this.options.maxQueue} tasks wait for a worker already, which is the pool's maxQueue. ` +
          'Await pool.room() before each call.',
      )
    }
    if (options?.signal?.aborted !== true) this.startFirst()
    const fn = this.#functions.enter(shipFunction(target, this.#once))
    let call: Call
    try {
      call = this.#calls.create(++this.#lastId, fn, args, options, this.#site())
    } catch (error) {
      this.#functions.leave(fn)
      throw error
    }
    const task = new Task<unknown>(call)
    this.#openCalls++
    this.#keepAlive.hold()
    const { home } = call.terms
    // The encoder of a type that it takes along may have ended the pool.
    const refusal = options?.signal?.aborted === true ? options.signal.reason : this.#refusal('apply()')
    if (refusal === undefined) home.submit(call)
    else home.abort(call, refusal)
    return task
  }

  work(
    target: AnyFunction,
    options: Omit<WorkOptions, 'task' | 'site' | 'shared' | 'places'>,
    sink: ResultSink,
    user: WorkUser,
  ): Work {
    const shared = sharedValues(this.options.sharesMemory)
    const fn = this.#functions.enter(shipFunction(target, this.options))
    const places = options.order === 'fixed' ? this.roster.most : undefined
    const how = { ...options, places, shared, task: ++this.#lastId, site: new Error('submitted here') }
    // Its source, or the encoder of a type that it takes along, may have ended the pool.
    const refusal = this.#refusal(`${options.verb}()`)
    if (refusal === undefined) return this.#works.start(fn, how, sink, user)
    this.#functions.leave(fn)
    throw refusal
  }

  stats(): PoolStats {
    const { members, tally } = this.roster
    return statsOf(members, tally, this.#scheduler.waiting, this.options.backend === 'process')
  }

  async measure(wait: WaitOptions): Promise<PoolStats> {
    const { members, tally } = this.roster
    const usages = await measure(members, wait)
    return statsOf(members, tally, this.#scheduler.waiting, this.options.backend === 'process', usages)
  }

  resize(size: CheckedSize): void {
    this.roster.resize(size)
    this.#shareOut()
  }

  /** Resolves when another call may be made, or none any more. */
  room(): Promise<void> {
    return this.#state === 'open' ? this.#backlog.room() : Promise.resolve()
  }

  /** `cancel`: calls of `apply` that have not begun are given up. */
  close(cancel: boolean): void {
    if (cancel) {
      const reason = (call: Call): CancelledError =>
        new CancelledError(`Task ${call.id}, ${call.fn.name}(), was cancelled: its pool was closed before it ran.`)
      this.#calls.clear(reason)
      for (const member of this.roster.members) for (const batch of member.batches.slice()) batch.cancelWaiting()
    }
    if (this.#state !== 'open') return
    this.#state = 'closed'
    this.#endIfDrained()
  }

  /** Resolves when the last worker is gone. */
  join(): Promise<void> {
    if (this.#joined === undefined) {
      // A worker that was killed a moment ago is nothing that the program would wait for by itself.
      if (this.roster.members.length > 0) this.#keepAlive.hold()
      // One, however often it is asked for: each would stay until the pool has ended.
      this.#joined = this.#ended.promise.then(() => {
        if (this.roster.exitError !== undefined) throw this.roster.exitError
      })
    }
    this.dropAbandoned()
    return this.#joined
  }

  terminate(): Promise<void> {
    if (this.#state !== 'terminated') {
      this.#state = 'terminated'
      this.#cancelAll((what) => new CancelledError(`${what} was cancelled: its pool was terminated.`))
      this.roster.end('kill')
      this.#endIfDrained()
    }
    return this.#ended.promise
  }

  /** How many items may be pulled from a source ahead of what is done with them, without wasting memory. */
  readAhead(work: Work): number {
    const processes = this.roster.most
    const { pace } = work.fn
    const least = (work.chunkSize ?? 1) * 2 * processes
    return pace.known ? Math.max(least, Math.min(MOST_AHEAD, Math.ceil((processes * AHEAD_MS) / pace.itemMs))) : least
  }

  /** As `dropAbandoned`, when the reader had the chance to ask again. */
  dropAbandonedSoon(): void {
    if (this.#joined !== undefined) atNextTurn(() => this.dropAbandoned())
  }

  /** Gives up streams that nobody reads, once somebody waits for the pool's end. */
  dropAbandoned(): void {
    if (this.#joined !== undefined) this.#works.abortAbandoned()
  }

  #rosterEvents(): RosterEvents {
    return {
      ready: (member) => {
        this.#free(member)
        this.#shareOut()
      },
      free: (member) => this.#free(member),
      lost: (member, exit) => {
        if (this.#state === 'terminated') this.#cancelHeld(member)
        else recover(member, exit)
      },
      room: () => {
        this.#shareOut()
        this.#endIfDrained()
      },
      broken: (error) => this.#break(error),
      problem: (member, reason, from) => warnOfProblem(this.#functions, member.name, reason, from),
    }
  }

  #refusal(method: string): StateError | undefined {
    if (this.#broken !== undefined) {
      return new StateError('MC_POOL_BROKEN', `${method}: the pool has no workers any more. ${this.#broken.message}`, {
        cause: this.#broken,
      })
    }
    if (this.#state === 'open') return undefined
    return new StateError(
      'MC_POOL_CLOSED',
      `${method}: the pool was ${this.#state} and takes no more work. Make a new Pool for it.`,
    )
  }

  #offered(queue: CallQueue): void {
    this.#scheduler.offer(queue)
    if (this.#spare || this.roster.canGrow) this.#shareOut()
  }

  #settled(call: Call): void {
    this.#openCalls--
    this.#keepAlive.release()
    this.#functions.leave(call.fn)
    this.#backlog.check()
    if (this.#state !== 'open' || this.options.keepAlive === false) this.#endIfDrained()
  }

  #free(member: Member): void {
    if (!member.isLeaving) this.#scheduler.serve(member)
    else {
      if (member.batches.length === 0) this.roster.release(member)
      // What waited for it to be done may go to another one now.
      this.#shareOut()
    }
    if (member.batches.length === 0) this.roster.idle()
    this.#spare = this.#scheduler.drained
    this.#backlog.check()
    if (this.#state !== 'open') this.#endIfDrained()
  }

  #shareOut(): void {
    if (this.#broken !== undefined || this.#state === 'terminated') return
    this.#scheduler.shareOut()
    this.#spare = this.#scheduler.drained
    this.#backlog.check()
    if (!this.#spare && this.roster.canGrow) this.roster.grow(this.#scheduler.wanted)
  }

  #endIfDrained(): void {
    if (this.#state === 'open' && this.#broken === undefined) {
      if (this.options.keepAlive === false && this.#openCalls === 0 && this.#works.size === 0) this.roster.renew()
      return
    }
    this.#backlog.end()
    if (this.#openCalls === 0 && this.#works.size === 0) this.roster.end('release')
    if (this.roster.isEmpty && this.#openCalls === 0 && this.#works.size === 0) {
      this.#keepAlive.end()
      this.#ended.resolve()
    }
  }

  #break(error: ManycoreError): void {
    this.#broken = error
    if (this.#state === 'open') this.#state = 'closed'
    this.#cancelAll(() => error)
    this.roster.end('release')
    this.#endIfDrained()
  }

  #cancelAll(reasonFor: (what: string) => unknown): void {
    const ofCall = (call: Call): unknown => reasonFor(`Task ${call.id}, ${call.fn.name}(),`)
    this.#calls.endRetries(ofCall)
    this.#works.abortAll(reasonFor)
    for (const member of this.roster.members) if (!member.runsHook) this.#cancelHeld(member, reasonFor)
    this.#calls.clear(ofCall)
  }

  #cancelHeld(
    member: Member,
    reasonFor = (what: string): unknown => new CancelledError(`${what} was cancelled.`),
  ): void {
    for (const batch of member.surrender()) batch.fail(reasonFor)
  }

  // An Error costs more than a tiny task, so a flood of calls goes without.
  #site(): Error | undefined {
    return this.#openCalls < 100 ? new Error('submitted here') : undefined
  }
}
