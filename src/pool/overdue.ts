import type { Payload } from '../codec/payload.ts'
import type { Batch, Holder } from './batch.ts'
import type { PoolFunction } from './functions.ts'

/** Takes the place of a batch whose time is up and whose item has failed for that: what still comes of it counts no more. */
export class OverdueBatch implements Batch {
  readonly fn: PoolFunction
  readonly kind: Batch['kind']
  readonly task: number
  readonly index: number
  readonly count: number
  readonly payload: Payload
  readonly losses = 0
  readonly attempt: number
  readonly graceMs: number
  answered: number
  costMs: number
  holder: Holder | undefined
  readonly #batch: Batch

  constructor(batch: Batch) {
    this.#batch = batch
    this.fn = batch.fn
    this.kind = batch.kind
    this.task = batch.task
    this.index = batch.index
    this.count = batch.count
    this.payload = batch.payload
    this.attempt = batch.attempt
    this.graceMs = batch.graceMs
    this.answered = batch.answered
    this.costMs = batch.costMs
    this.holder = batch.holder
  }

  resolved(): void {}
  rejected(): void {}
  returned(): void {}

  site(): undefined {
    return undefined
  }

  describe(at: number): string {
    return this.#batch.describe(at)
  }

  itemIndex(at: number): number | undefined {
    return this.#batch.itemIndex(at)
  }
}
