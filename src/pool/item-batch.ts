import { Kind } from '../channel/messages.ts'
import type { Payload } from '../codec/payload.ts'
import { Batch, GRACE_MS, payloadOrReason } from './batch.ts'
import { argumentsOf, encodeItems } from './items.ts'
import type { Stretch } from './lane.ts'
import type { WorkOptions } from './work-options.ts'
import type { PoolFunction } from './functions.ts'

/** The work that an item is of. */
export interface ItemHome {
  readonly fn: PoolFunction
  readonly options: WorkOptions
  resolved(batch: ItemBatch, at: number, values: readonly unknown[]): void
  rejected(batch: ItemBatch, at: number, reason: unknown): void
  returned(batch: ItemBatch, losses: number): void
  describe(): string
}

/** Consecutive items that travel together. */
export class ItemBatch extends Batch {
  readonly #home: ItemHome
  readonly #stretch: Stretch

  constructor(home: ItemHome, stretch: Stretch) {
    const { fn, options } = home
    const { index, items, losses, attempt } = stretch
    super({
      fn,
      kind: options.star ? Kind.starChunk : Kind.chunk,
      task: options.task,
      index,
      count: items.length,
      ...payloadOrReason(() => encodeItems(items)),
      attempt,
      shared: options.shared,
      isWhole: options.isWhole,
      isRetried: options.retries !== undefined,
      graceMs: options.grace ?? GRACE_MS,
      losses,
    })
    this.#home = home
    this.#stretch = stretch
  }

  resolved(at: number, values: readonly unknown[]): void {
    this.#home.resolved(this, at, values)
  }

  rejected(at: number, reason: unknown): void {
    this.#home.rejected(this, at, reason)
  }

  returned(_reason: Error, losses: number): void {
    this.#home.returned(this, losses)
  }

  /** Some of its items, to be sent again. */
  stretch(from: number, to: number, losses: number, attempt: number): Stretch {
    const { items, submittedMs } = this.#stretch
    return { index: this.index + from, items: items.slice(from, to), losses, attempt, submittedMs }
  }

  argumentsAt(at: number): readonly unknown[] | Payload {
    return argumentsOf(this.#stretch.items[at], this.kind === Kind.starChunk)
  }

  submittedMs(): number {
    return this.#stretch.submittedMs
  }

  override site(): Error | undefined {
    return this.#home.options.site
  }

  describe(at: number): string {
    return `item ${this.index + at} of ${this.#home.describe()}`
  }

  override itemIndex(at: number): number {
    return this.index + at
  }
}
