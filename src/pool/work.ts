import { Kind } from '../channel/messages.ts'
import type { Payload } from '../codec/payload.ts'
import { GRACE_MS, MOST_LOSSES, type Batch, type Holder, type Source, type Sending } from './batch.ts'
import type { PoolFunction } from './functions.ts'
import { countTogether, encodeItems, type Item } from './items.ts'
import type { TaskOptions } from './options.ts'
import { policyFor, type RetryPolicy } from './retries.ts'

/** Where the results of a map or a stream go. */
export interface Sink {
  values(index: number, values: readonly unknown[]): void
  failure(index: number, reason: unknown): void
  /** The work was given up, for this reason. */
  cancel(reason: unknown): void
  /** Every item was answered, and no more will come. `error` is what the source of the items threw. */
  end(total: number, error: { readonly reason: unknown } | undefined): void
}

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

export interface WorkOptions extends TaskOptions {
  /** Of the map, as its user calls it: `map`, `imap`. */
  readonly verb: string
  readonly task: number
  readonly star: boolean
  readonly chunkSize?: number | undefined
  readonly site: Error | undefined
  /** What its caller shares with it. */
  readonly shared: Payload | undefined
}

/** The items of one map or stream: those that wait, those that are with workers, and when all are done. */
export class Work implements Source {
  readonly fn: PoolFunction
  readonly chunkSize: number | undefined
  readonly limitMs: number | undefined
  readonly owner: object | undefined
  readonly priority: number
  readonly affinity: undefined
  readonly shared: Payload | undefined
  readonly options: WorkOptions
  readonly retries: RetryPolicy | undefined
  readonly #sink: Sink
  readonly #events: WorkEvents
  readonly #sent = new Set<ItemBatch>()
  // Taken from the end: stretches that came back, the first of them last.
  readonly #again: Stretch[] = []
  #waitingAgain = 0
  // Until a failed item is run again.
  readonly #pauses = new Set<NodeJS.Timeout>()
  // Items that were never sent, from `#first` on; `#index` is the position of that one within the map.
  #items: Item[] = []
  #first = 0
  #index = 0
  #added = 0
  #answered = 0
  #complete = false
  #error: { readonly reason: unknown } | undefined
  #over = false

  constructor(fn: PoolFunction, options: WorkOptions, sink: Sink, events: WorkEvents) {
    this.fn = fn
    this.options = options
    this.priority = options.priority ?? 0
    this.shared = options.shared
    this.retries = policyFor(options.retries)
    this.chunkSize = options.chunkSize
    this.limitMs = options.timeout
    this.owner = options.signal !== undefined || options.timeout !== undefined ? this : undefined
    this.#sink = sink
    this.#events = events
  }

  get waiting(): number {
    return this.#waitingAgain + this.#items.length - this.#first
  }

  /** Items that were added and have no answer yet. */
  get open(): number {
    return this.#added - this.#answered
  }

  get over(): boolean {
    return this.#over
  }

  /** Takes the array over. */
  add(items: Item[]): void {
    if (this.#over || items.length === 0) return
    if (this.#items.length === 0) this.#items = items
    else for (const item of items) this.#items.push(item)
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
  abort(reason: unknown): void {
    if (this.#over) return
    this.#over = true
    this.#sink.cancel(reason)
    this.#items = []
    this.#first = 0
    this.#again.length = 0
    this.#waitingAgain = 0
    for (const pause of this.#pauses) clearTimeout(pause)
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

  take(count: number): Batch | undefined {
    const stretch = this.#again.at(-1)
    if (stretch !== undefined) {
      const together = countTogether(stretch.items, 0, count)
      this.#waitingAgain -= together
      if (together === stretch.items.length) this.#again.pop()
      else {
        const rest = { ...stretch, index: stretch.index + together, items: stretch.items.slice(together), losses: 0 }
        this.#again[this.#again.length - 1] = rest
      }
      return this.#batch({ ...stretch, items: stretch.items.slice(0, together) })
    }
    const together = countTogether(this.#items, this.#first, count)
    const whole = this.#first === 0 && together === this.#items.length
    const items = whole ? this.#items : this.#items.slice(this.#first, this.#first + together)
    const index = this.#index
    this.#index += together
    this.#first += together
    if (this.#first === this.#items.length) {
      this.#items = []
      this.#first = 0
    } else if (this.#first > 1024 && this.#first * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#first)
      this.#first = 0
    }
    return this.#batch({ index, items, losses: 0, attempt: 1 })
  }

  resolved(batch: ItemBatch, at: number, values: readonly unknown[]): void {
    if (this.#over) return
    this.#sink.values(batch.index + at, values)
    this.#settle(batch, values.length)
  }

  rejected(batch: ItemBatch, at: number, reason: unknown): void {
    if (this.#over) return
    if (this.retries !== undefined) {
      const index = batch.index + at
      const what = `Item ${index} of ${this.describe()}`
      const next = this.retries.decide(what, batch.attempt, reason, index)
      if (typeof next === 'number') {
        if (batch.answered === batch.count) this.#sent.delete(batch)
        this.#runAgain({ index, items: [batch.item(at)], losses: 0, attempt: batch.attempt + 1 }, next)
        return
      }
      reason = next.reason
    }
    this.#sink.failure(batch.index + at, reason)
    this.#settle(batch, 1)
  }

  returned(batch: ItemBatch, items: readonly Item[], reason: Error, suspect: boolean): void {
    this.#sent.delete(batch)
    if (this.#over) return
    const losses = (batch.answered === 0 ? batch.losses : 0) + (suspect ? 1 : 0)
    const spent = losses >= MOST_LOSSES
    const rest = spent ? items.slice(1) : items
    const index = batch.index + batch.answered + (spent ? 1 : 0)
    if (rest.length > 0) {
      this.#takeBack({ index, items: rest, losses: spent ? 0 : losses, attempt: batch.attempt })
    }
    if (!spent) return
    this.#sink.failure(index - 1, reason)
    this.#settle(batch, 1)
  }

  describe(): string {
    return `${this.options.verb}(${this.fn.name})`
  }

  #takeBack(stretch: Stretch): void {
    this.#again.push(stretch)
    this.#waitingAgain += stretch.items.length
    this.#events.offered(this)
  }

  #runAgain(stretch: Stretch, pauseMs: number): void {
    const pause = setTimeout(() => {
      this.#pauses.delete(pause)
      this.#takeBack(stretch)
    }, pauseMs)
    this.#pauses.add(pause)
  }

  #batch(stretch: Stretch): ItemBatch {
    const batch = new ItemBatch(this, stretch)
    this.#sent.add(batch)
    return batch
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

interface Stretch {
  readonly index: number
  readonly items: readonly Item[]
  readonly losses: number
  readonly attempt: number
}

/** Consecutive items that travel together. */
class ItemBatch implements Batch {
  readonly fn: PoolFunction
  readonly kind: Batch['kind']
  readonly task: number
  readonly index: number
  readonly count: number
  readonly payload: Payload
  readonly losses: number
  readonly attempt: number
  readonly shared: Payload | undefined
  readonly graceMs: number
  readonly isRetried: boolean
  sending: Sending | undefined
  answered = 0
  costMs = 0
  holder: Holder | undefined
  readonly #work: Work
  readonly #items: readonly Item[]

  constructor(work: Work, { index, items, losses, attempt }: Stretch) {
    this.#work = work
    this.#items = items
    this.fn = work.fn
    this.kind = work.options.star ? Kind.starChunk : Kind.chunk
    this.task = work.options.task
    this.index = index
    this.count = items.length
    this.losses = losses
    this.attempt = attempt
    this.shared = work.shared
    this.isRetried = work.retries !== undefined
    this.graceMs = work.options.grace ?? GRACE_MS
    this.payload = encodeItems(items)
  }

  resolved(at: number, values: readonly unknown[]): void {
    this.#work.resolved(this, at, values)
  }

  rejected(at: number, reason: unknown): void {
    this.#work.rejected(this, at, reason)
  }

  returned(reason: Error, suspect: boolean): void {
    this.#work.returned(this, this.#items.slice(this.answered), reason, suspect)
  }

  item(at: number): Item {
    return this.#items[at]
  }

  site(): Error | undefined {
    return this.#work.options.site
  }

  describe(at: number): string {
    return `item ${this.index + at} of ${this.#work.describe()}`
  }

  itemIndex(at: number): number {
    return this.index + at
  }
}
