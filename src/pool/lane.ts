import type { Batch } from './batch.ts'
import type { PoolFunction } from './functions.ts'
import { countTogether, type Item } from './items.ts'
import { Line } from './line.ts'
import type { Affinity, Source } from './source.ts'

/** Consecutive items of a work. */
export interface Stretch {
  /** Position of the first within the work. */
  readonly index: number
  readonly items: Item[]
  readonly losses: number
  readonly attempt: number
  /** When they were submitted: on average, where several times were put together. */
  readonly submittedMs: number
}

/** The work that a lane is of. */
export interface LaneHome {
  readonly fn: PoolFunction
  readonly priority: number
  readonly chunkSize: number | undefined
  readonly owner: object | undefined
  readonly limitMs: number | undefined
  readonly isOpen: boolean
  readonly isWhole: boolean
  readonly leastMs: number
  batch(stretch: Stretch): Batch
}

/** The items of a work that wait: all of them, or those for the worker in one place of the pool. */
export class Lane implements Source {
  readonly affinity: Affinity | undefined
  readonly #home: LaneHome
  readonly #line = new Line<WaitingStretch>()
  waiting = 0

  constructor(home: LaneHome, place: number | undefined) {
    this.#home = home
    this.affinity = place === undefined ? undefined : { member: undefined, place }
  }

  get fn(): PoolFunction {
    return this.#home.fn
  }

  get priority(): number {
    return this.#home.priority
  }

  get chunkSize(): number | undefined {
    return this.#home.chunkSize
  }

  get isWhole(): boolean {
    return this.#home.isWhole
  }

  get leastMs(): number {
    return this.#home.leastMs
  }

  get isOpen(): boolean {
    return this.#home.isOpen
  }

  get owner(): object | undefined {
    return this.#home.owner
  }

  get limitMs(): number | undefined {
    return this.#home.limitMs
  }

  /** Takes the array over. */
  add(index: number, items: Item[], nowMs: number): void {
    this.waiting += items.length
    const last = this.#line.tail
    // Many are not worth the copying.
    const isMany = items.length >= MANY && last !== undefined && last.count >= MANY
    if (last === undefined || last.end !== index || isMany)
      this.#line.push(new WaitingStretch(index, items, 0, 1, nowMs))
    else last.extend(items, nowMs)
  }

  /** What comes back goes before all others. */
  putBack({ index, items, losses, attempt, submittedMs }: Stretch): void {
    this.waiting += items.length
    this.#line.putBack(new WaitingStretch(index, items, losses, attempt, submittedMs))
  }

  take(count: number): Batch | undefined {
    const head = this.#line.head
    if (head === undefined) return undefined
    const taken = head.take(count)
    if (head.isEmpty) this.#line.drop()
    this.waiting -= taken.items.length
    return this.#home.batch(taken)
  }

  clear(): void {
    this.#line.clear()
    this.waiting = 0
  }
}

const MANY = 1024

/** A stretch that is taken piece by piece from its front, while others are put to its end. */
class WaitingStretch {
  #items: Item[]
  #first = 0
  #index: number
  #losses: number
  #submittedMs: number
  readonly #attempt: number

  constructor(index: number, items: Item[], losses: number, attempt: number, submittedMs: number) {
    this.#index = index
    this.#items = items
    this.#losses = losses
    this.#attempt = attempt
    this.#submittedMs = submittedMs
  }

  /** Position of the item behind it. */
  get end(): number {
    return this.#index + this.#items.length - this.#first
  }

  get count(): number {
    return this.#items.length - this.#first
  }

  get isEmpty(): boolean {
    return this.#first === this.#items.length
  }

  extend(items: readonly Item[], nowMs: number): void {
    const before = this.#items.length - this.#first
    this.#submittedMs += ((nowMs - this.#submittedMs) * items.length) / (before + items.length)
    for (const item of items) this.#items.push(item)
  }

  take(count: number): Stretch {
    const together = countTogether(this.#items, this.#first, count)
    const isWhole = this.#first === 0 && together === this.#items.length
    const items = isWhole ? this.#items : this.#items.slice(this.#first, this.#first + together)
    const taken = {
      index: this.#index,
      items,
      losses: this.#losses,
      attempt: this.#attempt,
      submittedMs: this.#submittedMs,
    }
    this.#index += together
    this.#first += together
    this.#losses = 0
    if (!isWhole && this.#first > 1024 && this.#first * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#first)
      this.#first = 0
    }
    return taken
  }
}
