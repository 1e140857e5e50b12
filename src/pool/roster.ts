import type { Backend, WorkerExit } from '../backend/backend.ts'
import { ManycoreError, WorkerStartError } from '../base/errors.ts'
import { Kind } from '../channel/messages.ts'
import type { Payload } from '../codec/payload.ts'
import { childIdentity } from '../worker/context.ts'
import type { Batch, Holder } from './batch.ts'
import type { PoolFunction } from './functions.ts'
import { IdleWatch } from './idle-watch.ts'
import { Member, type MemberEvents } from './member.ts'
import type { CheckedPoolOptions } from './options.ts'
import type { CheckedSize } from './size.ts'

// So many workers in a row may fail to start, or in their initializer, before the pool gives up.
const MOST_FAILURES = 3
// SIGKILL and SIGTERM come from outside and say little about the next start: only many of them in a row mean something.
const MOST_FAILURES_BY_SIGNAL = 10
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

/** What each worker runs before its first task. */
export interface Preparation {
  readonly fn: PoolFunction
  readonly payload: Payload
}

/** The workers of a pool: started on demand, replaced when they die, retired after their number of tasks. */
export class Roster {
  readonly members: Member[] = []
  readonly #backend: Backend
  readonly #options: CheckedPoolOptions
  readonly #preparation: Preparation | undefined
  readonly #events: RosterEvents
  readonly #idleWatch: IdleWatch
  #size: CheckedSize
  #failures = 0
  #failuresBySignal = 0
  #firstError: ManycoreError | undefined
  #pause: NodeJS.Timeout | undefined
  #over = false

  constructor(
    backend: Backend,
    options: CheckedPoolOptions,
    preparation: Preparation | undefined,
    events: RosterEvents,
  ) {
    this.#backend = backend
    this.#options = options
    this.#preparation = preparation
    this.#events = events
    this.#size = options.size
    this.#idleWatch = new IdleWatch(
      () => this.members,
      (member) => this.release(member),
    )
  }

  /** How many workers there may be. */
  get most(): number {
    return this.#size.max
  }

  /** Whether another worker may be started now. */
  get canGrow(): boolean {
    return !this.#over && this.#pause === undefined && this.members.length < this.#size.max
  }

  /** Starts workers so that `wanted` are on their way, and the least there, as far as that is allowed. */
  grow(wanted: number): void {
    let starting = 0
    let staying = 0
    for (const { state, isLeaving } of this.members) {
      if (state === 'starting' || state === 'preparing') starting++
      if (!isLeaving) staying++
    }
    // After a failure one at a time, until one succeeds.
    const most = this.#failures === 0 ? Infinity : 1
    while (starting < most && (starting < wanted || staying < this.#size.min) && this.canGrow) {
      this.#start()
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
    this.#idleWatch.look(this.#size.min, this.#size.idleTimeoutMs)
  }

  /** Ends a worker that holds nothing, in good order. */
  release(member: Member): void {
    if (member.state === 'leaving' || member.state === 'gone') return
    member.state = 'leaving'
    void member.worker.stop()
  }

  /** Ends all workers: in good order, or at once. Starts no others. */
  end(how: 'release' | 'kill'): void {
    this.#over = true
    clearTimeout(this.#pause)
    this.#idleWatch.end()
    for (const member of this.members.slice()) {
      if (how === 'release') this.release(member)
      else {
        member.state = 'leaving'
        member.killedFor ??= 'its pool was terminated'
        member.worker.kill('SIGTERM')
        void member.worker.stop({ graceMs: TERMINATE_GRACE_MS })
      }
    }
  }

  #start(): void {
    const { env, execArgv, execPath, cwd, resourceLimits, name, maxTasksPerWorker } = this.#options
    const prefix = name ?? 'PoolWorker'
    const identity = childIdentity({ prefix, role: 'pool', daemon: false })
    const worker = this.#backend.spawn({ identity, env, execArgv, execPath, cwd, resourceLimits, stdio: 'inherit' })
    worker.unref()
    const member = new Member(worker, maxTasksPerWorker, {
      ...this.#events,
      exited: (gone, exit) => void this.#exited(gone, exit),
    })
    this.members.push(member)
    worker.ready.then(
      () => this.#prepare(member),
      () => {},
    )
  }

  #prepare(member: Member): void {
    if (member.state !== 'starting') return
    if (this.#preparation === undefined) {
      this.#enter(member)
      return
    }
    member.state = 'preparing'
    member.send(
      new PreparationBatch(
        this.#preparation,
        () => this.#enter(member),
        (reason) => this.#unprepared(member, reason),
      ),
    )
    member.left++
  }

  #enter(member: Member): void {
    if (member.state === 'leaving' || member.state === 'gone') return
    member.state = 'ready'
    member.idleSinceMs = performance.now()
    this.#failures = 0
    this.#failuresBySignal = 0
    this.#firstError = undefined
    this.#events.ready(member)
  }

  #unprepared(member: Member, reason: unknown): void {
    const name = this.#preparation?.fn.name
    const text = reason instanceof Error ? reason.message : String(reason)
    const error = new ManycoreError(
      'MC_WORKER_INITIALIZER',
      `The initializer ${name}() failed in worker ${member.worker.identity.name}: ${text}`,
      { cause: reason },
    )
    if (member.state === 'preparing') {
      member.state = 'leaving'
      void member.worker.stop({ graceMs: TERMINATE_GRACE_MS })
    }
    this.#failed(error)
  }

  async #exited(member: Member, exit: WorkerExit): Promise<void> {
    const { state } = member
    member.state = 'gone'
    const at = this.members.indexOf(member)
    if (at >= 0) this.members.splice(at, 1)
    if (state === 'starting') {
      if (exit.signal === 'SIGKILL' || exit.signal === 'SIGTERM') this.#failuresBySignal++
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
    this.#events.lost(member, exit)
    this.grow(0)
    this.#events.room()
  }

  #failed(error: ManycoreError): void {
    if (this.#over) return
    this.#failures++
    this.#firstError ??= error
    const isHopeless =
      this.#failures >= MOST_FAILURES_BY_SIGNAL || this.#failures - this.#failuresBySignal >= MOST_FAILURES
    if (isHopeless && !this.members.some(({ state }) => state === 'ready')) {
      this.#events.broken(this.#firstError)
      return
    }
    clearTimeout(this.#pause)
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** (this.#failures - 1), LONGEST_PAUSE_MS)
    this.#pause = setTimeout(() => {
      this.#pause = undefined
      this.grow(0)
      this.#events.room()
    }, pauseMs)
    this.#pause.unref()
  }
}

/** The run of the initializer in one worker. */
class PreparationBatch implements Batch {
  readonly fn: PoolFunction
  readonly kind: typeof Kind.call = Kind.call
  readonly task = 0
  readonly index = 0
  readonly count = 1
  readonly payload: Payload
  readonly losses = 0
  readonly attempt = 1
  readonly graceMs = 0
  readonly isRetried = false
  sentMs = 0
  answered = 0
  costMs = 0
  holder: Holder | undefined
  readonly #done: () => void
  readonly #failed: (reason: unknown) => void

  constructor({ fn, payload }: Preparation, done: () => void, failed: (reason: unknown) => void) {
    this.fn = fn
    this.payload = payload
    this.#done = done
    this.#failed = failed
  }

  resolved(): void {
    this.#done()
  }

  rejected(_at: number, reason: unknown): void {
    this.#failed(reason)
  }

  returned(reason: Error): void {
    this.#failed(reason)
  }

  site(): undefined {
    return undefined
  }

  describe(): string {
    return `the initializer ${this.fn.name}()`
  }

  itemIndex(): undefined {
    return undefined
  }
}
