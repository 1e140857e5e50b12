import { atNextTurn, dropTurn } from '../base/event-loop.ts'
import { isPlainArray } from '../base/plain-array.ts'

// A source that takes its time must not keep the event loop from everything else.
const SLICE_MS = 5

// So many are handed on before more are pulled, so that the first of them are worked on meanwhile; twice as many each time.
const FIRST_AT_ONCE = 1024
const MOST_AT_ONCE = 8192

export interface IntakeEvents {
  /** How many more items may be pulled now. */
  room(): number
  /** Items in the order of the source. Throws when one cannot travel, which ends the intake with that error. */
  pulled(items: unknown[]): void
  /** The source is exhausted, or threw. */
  ended(error?: { readonly reason: unknown }): void
}

/** Pulls items from an iterable, sync or async, as far as there is room for them. */
export class Intake {
  readonly #source: Iterable<unknown> | AsyncIterable<unknown>
  readonly #iterator: Iterator<unknown> | AsyncIterator<unknown>
  readonly #sync: boolean
  // An array is read by its indices, and how far it was.
  readonly #array: readonly unknown[] | undefined
  #next = 0
  readonly #events: IntakeEvents
  #pulling = false
  #asking = false
  #answered: ((isOver: boolean) => void) | undefined
  #over = false
  #later: NodeJS.Immediate | undefined
  #atOnce: number = FIRST_AT_ONCE

  /** Throws what the source throws when it is asked for its iterator. */
  constructor(source: Iterable<unknown> | AsyncIterable<unknown>, events: IntakeEvents) {
    this.#events = events
    this.#source = source
    this.#sync = !isAsync(source)
    this.#array = isList(source) ? source : undefined
    this.#iterator = isAsync(source) ? asyncIteratorOf(source) : source[Symbol.iterator]()
  }

  /** Pulls as long as there is room. May be called at any time. */
  pull(): void {
    if (this.#pulling || this.#over || this.#later !== undefined) return
    this.#pulling = true
    if (!this.#sync) void this.#pullAsync()
    else {
      if (this.#array !== undefined) this.#pullArray(this.#array)
      else this.#pullSync()
      this.#pulling = false
    }
  }

  /** What will take the items; when it cannot be started, the source is let go. */
  startWith<T>(start: () => T): T {
    try {
      return start()
    } catch (error) {
      this.leave()
      throw error
    }
  }

  /** As `stop`, for those who do not wait for that. */
  leave(): void {
    this.stop().catch(() => {})
  }

  /** Pulls no more and lets the source know. */
  async stop(): Promise<void> {
    if (this.#over) return
    this.#over = true
    dropTurn(this.#later)
    // It is the source itself that wants it to end, and it cannot be let go before it has given what it is asked for.
    if (this.#asking && (await new Promise<boolean>((resolve) => (this.#answered = resolve)))) return
    if (this.#sync || !this.#pulling) {
      await this.#iterator.return?.()
      return
    }
    // It has been asked for an item, which may never come, and most sources do not hear before that that nobody wants it.
    if (isNodeStream(this.#source)) this.#source.destroy()
    Promise.resolve(this.#iterator.return?.()).catch(() => {})
  }

  #pullArray(array: readonly unknown[]): void {
    for (let room = this.#events.room(); room > 0 && !this.#over; room = this.#events.room()) {
      const most = Math.min(room, this.#atOnce)
      let items: unknown[] = []
      let end: { readonly reason: unknown } | undefined
      if (isPlainArray(array)) items = array.slice(this.#next, this.#next + most)
      else {
        try {
          for (let at = this.#next; items.length < most && at < array.length; at++) items.push(array[at])
        } catch (reason) {
          end = { reason }
        }
      }
      this.#next += items.length
      this.#hand(items)
      if (end !== undefined || this.#next >= array.length) this.#end(end)
    }
  }

  #pullSync(): void {
    const iterator = this.#iterator as Iterator<unknown>
    const untilMs = performance.now() + SLICE_MS
    for (;;) {
      const room = Math.min(this.#events.room(), this.#atOnce)
      if (room <= 0 || this.#over) return
      const items: unknown[] = []
      let end: { readonly reason: unknown } | undefined
      let done = false
      this.#asking = true
      try {
        while (items.length < room && !done && !this.#over) {
          const step = iterator.next()
          if (step.done === true) done = true
          else items.push(step.value)
          if (items.length % 16 === 0 && performance.now() > untilMs) break
        }
      } catch (reason) {
        done = true
        end = { reason }
      }
      this.#asking = false
      this.#answered?.(done)
      this.#hand(items)
      if (done) {
        this.#end(end)
        return
      }
      if (performance.now() > untilMs) {
        this.#later = atNextTurn(() => {
          this.#later = undefined
          this.pull()
        })
        return
      }
    }
  }

  async #pullAsync(): Promise<void> {
    const iterator = this.#iterator as AsyncIterator<unknown>
    try {
      while (!this.#over && this.#events.room() > 0) {
        const step = await iterator.next()
        if (this.#over) return
        if (step.done === true) {
          this.#end()
          return
        }
        this.#hand([step.value])
      }
    } catch (reason) {
      this.#end({ reason })
    } finally {
      this.#pulling = false
    }
  }

  #hand(items: unknown[]): void {
    if (items.length === 0 || this.#over) return
    this.#atOnce = Math.min(2 * this.#atOnce, MOST_AT_ONCE)
    try {
      this.#events.pulled(items)
    } catch (reason) {
      // The source itself did not end, so it is told to.
      this.leave()
      this.#events.ended({ reason })
    }
  }

  #end(error?: { readonly reason: unknown }): void {
    if (this.#over) return
    this.#over = true
    this.#events.ended(error)
  }
}

// That of a web stream would not be told to stop while it waits.
function asyncIteratorOf(source: AsyncIterable<unknown>): AsyncIterator<unknown> {
  if (!isWebStream(source)) return source[Symbol.asyncIterator]()
  const reader = source.getReader()
  return {
    next: async () => {
      const step = (await reader.read()) as IteratorResult<unknown>
      if (step.done === true) reader.releaseLock()
      return step
    },
    return: async () => {
      const cancelled = reader.cancel()
      reader.releaseLock()
      await cancelled
      return { done: true, value: undefined }
    },
  }
}

function isWebStream(source: object): source is ReadableStream<unknown> {
  return 'getReader' in source && typeof source.getReader === 'function'
}

function isNodeStream(source: object): source is { destroy(): void } {
  return 'destroy' in source && typeof source.destroy === 'function' && 'pipe' in source
}

/** Whether its iterator is that of arrays, which gives what stands at each index at that moment. */
function isList(source: unknown): source is readonly unknown[] {
  return (
    Array.isArray(source) &&
    source[Symbol.iterator] === Array.prototype[Symbol.iterator] &&
    ITERATOR.next === next &&
    !('return' in ITERATOR)
  )
}

const ITERATOR = Object.getPrototypeOf([][Symbol.iterator]()) as Iterator<unknown>
const { next } = ITERATOR

export function isAsync(source: Iterable<unknown> | AsyncIterable<unknown>): source is AsyncIterable<unknown> {
  return typeof (source as AsyncIterable<unknown>)[Symbol.asyncIterator] === 'function'
}
