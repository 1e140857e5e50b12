import { Batch } from './batch.ts'

/** Takes the place of a batch of one item whose time is up: what still comes of it counts no more. */
export class OverdueBatch extends Batch {
  readonly #batch: Batch
  #ended: (() => void) | undefined

  /** `ended` is called once, when the item does not run any more. */
  constructor(batch: Batch, ended: (() => void) | undefined) {
    super(batch)
    this.costMs = batch.costMs
    this.holder = batch.holder
    this.isNoted = batch.isNoted
    this.sending = batch.sending
    this.affinity = batch.affinity
    this.#ended = ended
    this.#batch = batch
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

  argumentsAt(at: number): ReturnType<Batch['argumentsAt']> {
    return this.#batch.argumentsAt(at)
  }

  submittedMs(at: number): number {
    return this.#batch.submittedMs(at)
  }

  describe(at: number): string {
    return this.#batch.describe(at)
  }

  override itemIndex(at: number): number | undefined {
    return this.#batch.itemIndex(at)
  }

  #end(): void {
    const ended = this.#ended
    this.#ended = undefined
    ended?.()
  }
}
