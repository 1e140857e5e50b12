import type { Backend, Worker, WorkerExit } from '../backend/backend.ts'
import type { Begun } from '../backend/launched.ts'
import { checkMaySpawn } from '../backend/may-spawn.ts'
import { ManycoreError, WorkerStartError } from '../base/errors.ts'
import { Kind } from '../channel/messages.ts'
import { HookBatch, hookError, type Hook } from './hook-batch.ts'
import type { Hooks } from './hooks.ts'
import { identityIn } from './identity.ts'
import { IdleWatch } from './idle-watch.ts'
import { Past } from './insights.ts'
import { Member, type MemberEvents } from './member.ts'
import type { CheckedPoolOptions } from './options.ts'
import type { CheckedSize } from './size.ts'
import { Spare } from './spare.ts'
import { StallWatch } from './stall-watch.ts'
import type { Tally } from './tally.ts'

// So many workers in a row may fail to start, or in their initializer, before the pool gives up.
const MOST_FAILURES = 3
// SIGKILL, SIGTERM and the like come from outside and say little about the next start: only many of them in a row mean something.
const MOST_FAILURES_FROM_OUTSIDE = 10
const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 5000
const TERMINATE_GRACE_MS = 300

/** What a roster tells its pool. */
export interface RosterEvents extends Omit<MemberEvents, 'exited'> {
  ready(member: Member): void
  /** The worker is gone; what it held is still with it. */
  lost(member: Member, exit: WorkerExit): void
  /** After `lost`, or when a pause is over: there is room for another worker. */
  room(): void
  /** No worker can be had. */
  broken(error: ManycoreError): void
}

/** The workers of a pool: started on demand, replaced when they die, retired after their number of tasks. */
export class Roster {
  readonly members: Member[] = []
  readonly tally: Tally
  /** The workers that are gone. */
  readonly past: Past = new Past()
  /** What the exit hook returned, in the order in which the workers ended. */
  readonly exitResults: unknown[] = []
  /** Of the first exit hook that failed. */
  exitError: ManycoreError | undefined
  readonly #backend: Backend
  readonly #options: CheckedPoolOptions
  readonly #hooks: Hooks
  readonly #events: RosterEvents
  readonly #idleWatch: IdleWatch
  readonly #stallWatch: StallWatch
  readonly #spare: Spare
  #size: CheckedSize
  #failures = 0
  #failuresFromOutside = 0
  #firstError: ManycoreError | undefined
  #pause: NodeJS.Timeout | undefined
  #idleLosses = 0
  #over = false
  #terminated = false

  constructor(backend: Backend, options: CheckedPoolOptions, tally: Tally, hooks: Hooks, events: RosterEvents) {
    this.#backend = backend
    this.#options = options
    this.tally = tally
    this.#hooks = hooks
    this.#events = events
    this.#size = options.size
    this.#spare = new Spare(
      // An inline worker is there at once.
      backend.name === 'inline' ? false : options.spare,
      () => this.#spawn(),
      () => this.#events.room(),
    )
    this.#stallWatch = new StallWatch(() => this.members, options.stallTimeout)
    this.#idleWatch = new IdleWatch(
      () => this.members,
      (member) => this.release(member),
    )
  }

  /** Nobody is left. */
  get isEmpty(): boolean {
    return this.members.length === 0 && this.#spare.isEmpty
  }

  /** How many workers there may be. */
  get most(): number {
    return this.#size.max
  }

  /** Whether another worker may be started now. */
  get canGrow(): boolean {
    return !this.#over && this.#pause === undefined && this.members.length < this.#size.max
  }

  /**
   * Starts workers so that `wanted` are on their way, and the least there, as far as that is allowed. The first of them
   * takes over the process that was `begun`.
   */
  grow(wanted: number, begun?: Begun): void {
    let starting = 0
    let staying = 0
    for (const { state, isLeaving } of this.members) {
      if (state === 'starting' || state === 'preparing') starting++
      if (!isLeaving) staying++
    }
    // After a failure one at a time, until one succeeds.
    const most = this.#failures === 0 ? Infinity : 1
    while (starting < most && (starting < wanted || staying < this.#size.min) && this.canGrow) {
      this.#start(begun)
      begun = undefined
      starting++
      staying++
    }
  }

  /** Starts or ends workers as the new size asks for; those that are too many finish what they hold. */
  resize(size: CheckedSize): void {
    this.#size = size
    const staying = this.members.filter(({ isLeaving }) => !isLeaving)
    // Those without work first, and the youngest before the others.
    const order = [
      ...staying.filter(({ items }) => items > 0),
      ...staying.filter(({ items, state }) => items === 0 && state === 'ready'),
      ...staying.filter(({ items, state }) => items === 0 && state !== 'ready'),
    ]
    for (const member of order.slice(size.max)) {
      member.left = 0
      if (member.batches.length === 0) this.release(member)
    }
    this.#idleWatch.end()
    this.#idleWatch.look(size.min, size.idleTimeoutMs)
    this.grow(0)
  }

  /** The worker has nothing to do. */
  idle(): void {
    this.#spare.idle()
    this.#idleWatch.look(this.#size.min, this.#size.idleTimeoutMs)
  }

  /** Ends all workers that have done something, in good order; others are started when they are needed. */
  renew(): void {
    for (const member of this.members.slice()) {
      if (member.state !== 'ready') continue
      member.left = 0
      if (member.batches.length === 0) this.release(member)
    }
  }

  /** Ends a worker that holds nothing, or what nobody waits for any more, in good order. */
  release(member: Member): void {
    const { state, worker } = member
    const hook = this.#hooks.exit
    if (state === 'leaving' || state === 'gone') return
    // Without a hook, its end is asked for and enforced at once.
    if (hook !== undefined && state === 'ready' && member.batches.length > 0) return member.hurry()
    member.state = 'leaving'
    if (hook === undefined || state !== 'ready') {
      void worker.stop()
      return
    }
    // The program lives until it is done.
    worker.ref()
    const done = (value: unknown): void => {
      this.exitResults.push(value)
      void worker.stop()
    }
    const failed = (reason: unknown): void => {
      if (!this.#terminated) this.exitError ??= hookError('MC_WORKER_EXIT_HOOK', hook, member.name, reason)
      void worker.stop()
    }
    member.send(new HookBatch(hook, undefined, done, failed), undefined, hook.limitMs)
  }

  /** Ends all workers: in good order, or at once. Starts no others. */
  end(how: 'release' | 'kill'): void {
    this.#over = true
    this.#terminated ||= how === 'kill'
    clearTimeout(this.#pause)
    this.#idleWatch.end()
    this.#spare.end(how)
    for (const member of this.members.slice()) {
      if (how === 'release') {
        // Nothing was sent to it yet, so nobody has to wait until it has started.
        if (member.state === 'starting') member.worker.kill('SIGTERM')
        this.release(member)
      } else {
        member.state = 'leaving'
        member.killedFor ??= 'its pool was terminated'
        member.worker.kill('SIGTERM')
        void member.worker.stop({ graceMs: TERMINATE_GRACE_MS })
      }
    }
  }

  #start(begun: Begun | undefined): void {
    const worker = this.#spare.take() ?? this.#spawn(begun)
    const member = new Member(worker, this.#freePlace(), this.#options.maxTasksPerWorker, this.tally, {
      ...this.#events,
      exited: (gone, exit) => void this.#exited(gone, exit),
    })
    this.members.push(member)
    this.#stallWatch.begin()
    worker.ready.then(
      () => this.#prepare(member),
      () => {},
    )
  }

  #spawn(begun?: Begun): Worker {
    const isFirst = begun === undefined && this.members.length === 0 && this.past.places.size === 0
    if (isFirst && this.#backend.name !== 'inline') checkMaySpawn()
    const { env, execArgv, execPath, cwd, resourceLimits } = this.#options
    const worker = this.#backend.spawn({
      identity: begun?.identity ?? identityIn(this.#options),
      env,
      execArgv,
      execPath,
      cwd,
      resourceLimits,
      stdio: 'inherit',
      begun,
    })
    worker.unref()
    return worker
  }

  #prepare(member: Member): void {
    if (member.state !== 'starting') return
    const { index } = member
    const hook = this.#hooks.initializer
    if (hook === undefined) {
      member.worker.channel.send({ kind: Kind.prepare, task: 0, fn: 0, index, count: 0, payload: undefined })
      this.#enter(member)
      return
    }
    member.state = 'preparing'
    const done = (): void => this.#enter(member)
    const failed = (reason: unknown): void => this.#unprepared(member, hook, reason)
    member.send(new HookBatch(hook, index, done, failed), undefined, hook.limitMs)
    member.left++
  }

  #enter(member: Member): void {
    if (member.state === 'leaving' || member.state === 'gone') return
    member.state = 'ready'
    member.hasAnswered = false
    member.heard = true
    member.idleSinceMs = performance.now()
    this.#failures = 0
    this.#failuresFromOutside = 0
    this.#firstError = undefined
    this.#events.ready(member)
    if (!this.#over) this.#spare.keep()
  }

  #unprepared(member: Member, hook: Hook, reason: unknown): void {
    if (member.state === 'preparing') {
      member.state = 'leaving'
      void member.worker.stop({ graceMs: TERMINATE_GRACE_MS })
    }
    this.#failed(hookError('MC_WORKER_INITIALIZER', hook, member.name, reason))
  }

  // One that replaces another takes over its place; one that has not ended yet still has its own.
  #freePlace(): number {
    for (let place = 0; ; place++) if (!this.members.some(({ index }) => index === place)) return place
  }

  async #exited(member: Member, exit: WorkerExit): Promise<void> {
    const { state } = member
    member.state = 'gone'
    this.past.add(member)
    const at = this.members.indexOf(member)
    if (at >= 0) this.members.splice(at, 1)
    if (state === 'starting') {
      if (isFromOutside(exit)) this.#failuresFromOutside++
      const reason: unknown = await member.worker.ready.then(
        () => undefined,
        (error: unknown) => error,
      )
      const name = member.worker.identity.name
      this.#failed(
        reason instanceof ManycoreError
          ? reason
          : new WorkerStartError(`Worker ${name} could not be started: it ${exit.reason}.`, exit, { cause: reason }),
      )
    }
    if (state !== 'starting' && (!exit.clean || member.left <= 0)) this.#spare.wasMissed(exit.clean)
    if (member.hasAnswered) this.#idleLosses = 0
    else if (state === 'ready' && member.batches.length === 0 && !isFromOutside(exit)) this.#lostIdle()
    if (this.#over && this.members.length === 0) this.#stallWatch.end()
    this.#events.lost(member, exit)
    this.grow(0)
    this.#events.room()
  }

  #failed(error: ManycoreError): void {
    if (this.#over) return
    this.#failures++
    this.#firstError ??= error
    const isHopeless =
      this.#failures >= MOST_FAILURES_FROM_OUTSIDE || this.#failures - this.#failuresFromOutside >= MOST_FAILURES
    if (isHopeless && !this.members.some(({ state }) => state === 'ready')) {
      this.#events.broken(this.#firstError)
      return
    }
    this.#rest(this.#failures - 1)
  }

  // A worker that ends by itself before it has done anything may do so again and again.
  #lostIdle(): void {
    if (++this.#idleLosses > MOST_FAILURES) this.#rest(this.#idleLosses - MOST_FAILURES)
  }

  // Starts no workers for a while.
  #rest(times: number): void {
    if (this.#over) return
    clearTimeout(this.#pause)
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** times, LONGEST_PAUSE_MS)
    this.#pause = setTimeout(() => {
      this.#pause = undefined
      this.grow(0)
      this.#events.room()
    }, pauseMs)
    this.#pause.unref()
  }
}

function isFromOutside({ signal, givenUp, terminated }: WorkerExit): boolean {
  return givenUp !== true && (signal === 'SIGKILL' || signal === 'SIGTERM' || terminated === true)
}
