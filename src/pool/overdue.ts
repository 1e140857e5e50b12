import type { Payload } from '../codec/payload.ts'
import type { Batch, Holder, Sending } from './batch.ts'
import type { PoolFunction } from './functions.ts'

/** Takes the place of a batch of one item whose time is up: what still comes of it counts no more. */
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
  readonly isRetried = false
  sending: Sending | undefined
  answered: number
  costMs: number
  holder: Holder | undefined
  readonly #batch: Batch
  #ended: (() => void) | undefined

  /** `ended` is called once, when the item does not run any more. */
  constructor(batch: Batch, ended: (() => void) | undefined) {
    this.#ended = ended
    this.#batch = batch
    this.fn = batch.fn
    this.kind = batch.kind
    this.task = batch.task
    this.index = batch.index
    this.count = batch.count
    this.payload = batch.payload
    this.attempt = batch.attempt
    this.graceMs = batch.graceMs
    this.answered = 0
    this.costMs = batch.costMs
    this.holder = batch.holder
    this.sending = batch.sending
  }

  resolved(): void {
    this.#end()
  }

  rejected(): void {
    this.#end()
  }

  returned(): void {
    this.#end()
  }

  site(): undefined {
    return undefined
  }

  describe(at: number): string {
    return this.#batch.describe(at)
  }

  itemIndex(at: number): number | undefined {
    return this.#batch.itemIndex(at)
  }

  #end(): void {
    const ended = this.#ended
    this.#ended = undefined
    ended?.()
  }
}
