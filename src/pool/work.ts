import type { Batch } from './batch.ts'
import type { PoolFunction } from './functions.ts'
import { ItemBatch, type ItemHome } from './item-batch.ts'
import { finite } from './limit.ts'
import type { Item } from './items.ts'
import { Lane, type LaneHome, type Stretch } from './lane.ts'
import { Pauses } from './pauses.ts'
import { policyFor, type RetryPolicy } from './retries.ts'
import type { Tally } from './tally.ts'
import type { GivenUp, ResultSink } from './result-sink.ts'
import type { WorkOptions } from './work-options.ts'

/** What a work asks of its pool. */
export interface WorkEvents {
  offered(work: Work): void
  /** Items are on their way, or none any more. */
  held(held: boolean): void
  /** Items were answered. */
  progressed(work: Work): void
  /** Every item was answered, or the work was given up. */
  finished(work: Work): void
}

// A message takes each side longer than this.
const LEAST_MS = 0.02
const LEAST_OPEN_MS = 0.2

/** The items of one map or stream: those that wait, those that are with workers, and when all are done. */
export class Work implements LaneHome, ItemHome {
  readonly fn: PoolFunction
  readonly options: WorkOptions
  readonly chunkSize: number | undefined
  readonly limitMs: number | undefined
  readonly owner: object | undefined
  readonly priority: number
  /** What waits: in one lane, or in one for each place of the pool. */
  readonly lanes: readonly Lane[]
  readonly #retries: RetryPolicy | undefined
  readonly #sink: ResultSink
  readonly #events: WorkEvents
  readonly #tally: Tally
  readonly #sent = new Set<ItemBatch>()
  readonly #pauses = new Pauses<Stretch>()
  #added = 0
  #answered = 0
  #complete = false
  #error: { readonly reason: unknown } | undefined
  #over = false

  constructor(fn: PoolFunction, options: WorkOptions, tally: Tally, sink: ResultSink, events: WorkEvents) {
    const { priority = 0, chunkSize, timeout, totalTimeout, signal, retries, places } = options
    this.fn = fn
    this.options = options
    this.priority = priority
    this.chunkSize = chunkSize ?? (places === undefined ? undefined : 1)
    this.limitMs = finite(timeout)
    const mayBeKilled = (signal ?? this.limitMs ?? finite(totalTimeout)) !== undefined
    this.owner = mayBeKilled ? this : undefined
    this.lanes =
      places === undefined
        ? [new Lane(this, undefined)]
        : Array.from({ length: places }, (_, place) => new Lane(this, place))
    this.#retries = policyFor(retries)
    this.#tally = tally
    this.#sink = sink
    this.#events = events
  }

  /** Items that were added and have no answer yet. */
  get open(): number {
    return this.#added - this.#answered
  }

  get isWhole(): boolean {
    return this.options.isWhole
  }

  // The end of a map waits for its last item, so that its shares shrink to single ones. A stream is read one by one, and
  // while more is to come that levels out what is not shared evenly: fewer messages wake fewer workers.
  get leastMs(): number {
    if (this.isWhole) return 0
    return this.isOpen ? LEAST_OPEN_MS : LEAST_MS
  }

  get isOpen(): boolean {
    return !this.#complete
  }

  /** Takes the array over. */
  add(items: Item[]): void {
    if (this.#over || items.length === 0) return
    const nowMs = performance.now()
    if (this.lanes.length === 1) this.lanes[0]?.add(this.#added, items, nowMs)
    else this.#deal(items, nowMs)
    if (this.open === 0) this.#events.held(true)
    this.#added += items.length
    this.#events.offered(this)
  }

  /** No more items will come. */
  complete(error?: { readonly reason: unknown }): void {
    if (this.#complete || this.#over) return
    this.#complete = true
    this.#error = error
    this.#endIfDone()
  }

  /** Gives up what is not answered. What runs is killed where the worker runs nothing but this. */
  abort(reason: unknown, how: GivenUp = 'asked'): void {
    if (this.#over) return
    this.#over = true
    this.#sink.cancel(reason, how)
    for (const lane of this.lanes) lane.clear()
    this.#pauses.clear()
    for (const batch of this.#sent) {
      if (this.owner !== undefined && batch.holder?.batches[0] === batch)
        batch.holder.interrupt(batch, `${this.describe()} was aborted`)
      else batch.holder?.cancel(batch)
    }
    this.#sent.clear()
    if (this.open > 0) this.#events.held(false)
    this.#events.finished(this)
  }

  batch(stretch: Stretch): Batch {
    const batch = new ItemBatch(this, stretch)
    this.#sent.add(batch)
    return batch
  }

  resolved(batch: ItemBatch, at: number, values: readonly unknown[]): void {
    if (this.#over) return
    this.#tally.done += values.length
    this.#sink.values(batch.index + at, values)
    this.#settle(batch, values.length)
  }

  rejected(batch: ItemBatch, at: number, reason: unknown): void {
    if (this.#over) return
    const index = batch.index + at
    const next = this.#retries?.decide(`Item ${index} of ${this.describe()}`, batch.attempt, reason, index)
    // Whoever was asked may have given it up, or ended the pool.
    if (this.#over) return
    if (typeof next === 'number') {
      if (batch.answered === batch.count) this.#sent.delete(batch)
      this.#tally.retried++
      this.#pauses.begin(batch.stretch(at, at + 1, 0, batch.attempt + 1), next, (again) => this.#takeBack(again))
      return
    }
    this.#tally.fail(reason)
    this.#sink.failure(index, next === undefined ? reason : next.reason)
    this.#settle(batch, 1)
  }

  returned(batch: ItemBatch, losses: number): void {
    this.#sent.delete(batch)
    if (!this.#over) this.#takeBack(batch.stretch(batch.answered, batch.count, losses, batch.attempt))
  }

  describe(): string {
    return `${this.options.verb}(${this.fn.name})`
  }

  #deal(items: readonly Item[], nowMs: number): void {
    const size = this.chunkSize ?? 1
    for (let at = 0; at < items.length;) {
      const index = this.#added + at
      const end = Math.min(items.length, at + size - (index % size))
      this.#laneOf(index).add(index, items.slice(at, end), nowMs)
      at = end
    }
  }

  #laneOf(index: number): Lane {
    const chunk = Math.floor(index / (this.chunkSize ?? 1))
    return this.lanes[chunk % this.lanes.length] as Lane
  }

  #takeBack(stretch: Stretch): void {
    const lane = this.lanes.length === 1 ? (this.lanes[0] as Lane) : this.#laneOf(stretch.index)
    lane.putBack(stretch)
    this.#events.offered(this)
  }

  #settle(batch: ItemBatch, count: number): void {
    if (this.#over) return
    this.#answered += count
    if (batch.answered === batch.count) this.#sent.delete(batch)
    if (this.open === 0) {
      this.#events.held(false)
      this.#endIfDone()
    }
    if (!this.#over) this.#events.progressed(this)
  }

  #endIfDone(): void {
    if (!this.#complete || this.open > 0 || this.#over) return
    this.#over = true
    this.#sink.end(this.#added, this.#error)
    this.#events.finished(this)
  }
}
