import type { WaitOptions } from '../base/wait.ts'
import type { Inbox } from './inbox.ts'

/** What a stream asks of the work behind it. */
export interface StreamEvents {
  /** How many results there will be, as far as that is known. */
  length(): number | undefined
  /** There is room for more items. */
  wanted(): void
  /** Nobody wants the rest: resolves when the source was told. */
  left(): Promise<void>
}

/**
 * The results of `imap` and `imapUnordered`: an async iterator that works ahead of its reader by a bounded number of
 * items. An item that failed is thrown at its place; `next()` may be called again after that and goes on with the item
 * behind it. Leaving a `for await` loop early, or `return()`, gives up the rest and releases the source.
 *
 * ```ts
 * const results = pool.imap(parse, readLines(file))
 * const first = await results.next({ timeout: 1000 })
 * for await (const result of results) use(result)
 * ```
 */
export class ResultStream<R> implements AsyncIterableIterator<R, undefined>, AsyncDisposable {
  readonly #events: StreamEvents
  readonly #inbox: Inbox<R>

  /** Streams are made by `pool.imap()` and `pool.imapUnordered()`. */
  constructor(inbox: Inbox<R>, events: StreamEvents) {
    this.#inbox = inbox
    this.#events = events
  }

  /**
   * How many results there will be: as many as the source has items, or as its `length` option says, until it has ended.
   * Nothing as long as that is not known.
   */
  get length(): number | undefined {
    return this.#events.length()
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /**
   * The next result. With `{ timeout }` in milliseconds it rejects with a `TimeoutError` (`MC_WAIT_TIMEOUT`) when the
   * time is up; the result is not lost, the next call gets it. With `{ signal }` it rejects with the signal's reason.
   */
  next(wait?: number | WaitOptions): Promise<IteratorResult<R, undefined>> {
    const inbox = this.#inbox
    const step = wait === undefined ? inbox.ask() : inbox.askWithin(wait)
    if (inbox.given >= inbox.lookAt) this.#events.wanted()
    return step
  }

  /**
   * Gives up the rest. Resolves when the source has been released; one that still waits for its next item is told, and not
   * waited for.
   */
  async return(): Promise<IteratorResult<R, undefined>> {
    this.#inbox.close(undefined)
    await this.#events.left()
    return { done: true, value: undefined }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }
}
