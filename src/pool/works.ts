import { CancelledError, TimeoutError } from '../base/errors.ts'
import { atMicrotask } from '../base/event-loop.ts'
import { afterMs } from '../base/long-timer.ts'
import { onAbort } from '../base/on-abort.ts'
import type { PoolFunction } from './functions.ts'
import type { Tally } from './tally.ts'
import { Work } from './work.ts'
import type { ResultSink } from './result-sink.ts'
import type { WorkOptions } from './work-options.ts'

/** Who feeds a work and takes its results. */
export interface WorkUser {
  progressed?(): void
  finished?(): void
  /** Nobody seems to want the results, so that they need not hold up the end of the pool. */
  abandoned?(): boolean
}

export interface WorksEvents {
  /** Something of it waits. */
  offered(work: Work): void
  /** Items are on their way, or none any more. */
  held(held: boolean): void
  /** After its last item. */
  finished(work: Work): void
}

/** The maps and streams of a pool that are not over, and what may end them early. */
export class Works {
  readonly #tally: Tally
  readonly #events: WorksEvents
  readonly #users = new Map<Work, WorkUser>()

  constructor(tally: Tally, events: WorksEvents) {
    this.#tally = tally
    this.#events = events
  }

  get size(): number {
    return this.#users.size
  }

  start(fn: PoolFunction, options: WorkOptions, sink: ResultSink, user: WorkUser): Work {
    const { signal, totalTimeout = Infinity } = options
    const abort = (): void => work.abort(signal?.reason)
    const late = (): void => {
      const text = `${work.describe()} took longer than the ${totalTimeout} ms of its totalTimeout.`
      work.abort(new TimeoutError('MC_MAP_TIMEOUT', text, totalTimeout), 'late')
    }
    const work: Work = new Work(fn, options, this.#tally, sink, {
      offered: (source) => this.#events.offered(source),
      held: (held) => this.#events.held(held),
      progressed: () => user.progressed?.(),
      finished: () => {
        stopTimer()
        user.finished?.()
        stopListening?.()
        this.#users.delete(work)
        this.#events.finished(work)
      },
    })
    this.#users.set(work, user)
    const stopTimer = afterMs(totalTimeout, late)
    const stopListening = signal === undefined ? undefined : onAbort(signal, abort)
    // Not at once: whoever feeds the work does not know it yet.
    if (signal?.aborted === true) atMicrotask(abort)
    return work
  }

  abortAll(reasonFor: (what: string) => unknown): void {
    for (const work of this.#users.keys()) work.abort(reasonFor(work.describe()))
  }

  /** Gives up streams that nobody reads. */
  abortAbandoned(): void {
    for (const [work, user] of this.#users) {
      if (user.abandoned?.() === true)
        work.abort(new CancelledError(`${work.describe()} was cancelled: its pool ended while nobody read it.`))
    }
  }
}
