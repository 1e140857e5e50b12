import type { Channel } from '../channel/channel.ts'
import { Kind, type Message } from '../channel/messages.ts'
import type { Payload } from '../codec/payload.ts'
import { Tag } from '../codec/tag.ts'
import type { Marshal } from '../marshal/marshal.ts'

/** Nothing when it was done at once. */
export type Soon = Promise<void> | undefined

/** An answer waits for others to share a write with for this long at most, when there is more to do. */
const LINGER_MS = 0.1

/** What a worker tells its owner about tasks. Each method gives a promise when the worker has to wait before it goes on. */
export class Answers {
  readonly #channel: Channel
  readonly #marshal: Marshal
  #sinceMs = 0

  constructor(channel: Channel, marshal: Marshal) {
    this.#channel = channel
    this.#marshal = marshal
  }

  /** A task or an item is about to begin; gives the time. Answers that wait are sent if they have waited for long. */
  begin(): number {
    const nowMs = performance.now()
    if (this.#channel.waiting === 0) this.#sinceMs = nowMs
    else if (nowMs - this.#sinceMs > LINGER_MS) {
      this.#channel.flush()
      this.#sinceMs = nowMs
    }
    return nowMs
  }

  done(task: number, value: unknown): Soon {
    return this.#encoded(
      () => this.#marshal.encodeSoon(value, 'result'),
      (payload) => this.#send(Kind.done, task, 0, 0, payload),
      (error) => this.failed(task, error),
    )
  }

  failed(task: number, error: unknown): Soon {
    return this.#encoded(
      () => this.#marshal.encodeErrorSoon(error),
      (payload) => this.#send(Kind.failed, task, 0, 0, payload),
    )
  }

  /** Nothing more of the task will be answered. */
  skipped(task: number): Soon {
    return this.#send(Kind.failed, task, 0, 0, undefined)
  }

  itemFailed(task: number, index: number, error: unknown): Soon {
    return this.#encoded(
      () => this.#marshal.encodeErrorSoon(error),
      (payload) => this.#send(Kind.itemFailed, task, index, 1, payload),
    )
  }

  /**
   * The values of the items from `index` on. Plain ones travel together; if one of them is not plain, each travels
   * alone, so that one that cannot travel or be read again costs its own item only.
   */
  items(task: number, index: number, values: readonly unknown[]): Soon {
    if (values.length === 1) return this.#item(task, index, values[0])
    let payload: Payload | Promise<Payload>
    try {
      payload = this.#marshal.encodeSoon(values, 'result')
    } catch {
      return this.#eachItem(task, index, values, 0)
    }
    if (payload instanceof Promise || !TOGETHER.has(payload.tag)) return this.#eachItem(task, index, values, 0)
    return this.#send(Kind.items, task, index, values.length, payload)
  }

  #eachItem(task: number, index: number, values: readonly unknown[], from: number): Soon {
    for (let at = from; at < values.length; at++) {
      const soon = this.#item(task, index + at, values[at])
      if (soon !== undefined) return soon.then(() => this.#eachItem(task, index, values, at + 1))
    }
    return undefined
  }

  #item(task: number, index: number, value: unknown): Soon {
    return this.#encoded(
      () => this.#marshal.encodeSoon([value], 'result'),
      (payload) => this.#send(Kind.items, task, index, 1, payload),
      (error) => this.itemFailed(task, index, error),
    )
  }

  #encoded(
    encode: () => Payload | Promise<Payload>,
    send: (payload: Payload) => Soon,
    refused?: (error: unknown) => Soon,
  ): Soon {
    try {
      const payload = encode()
      if (!(payload instanceof Promise)) return send(payload)
      return payload.then(send, refused ?? raise)
    } catch (error) {
      return (refused ?? raise)(error)
    }
  }

  #send(kind: Answer['kind'], task: number, index: number, count: number, payload: Payload | undefined): Soon {
    // The channel refuses a payload with too long a part; to an answer that is as if it could not be encoded.
    return this.#channel.send({ kind, task, fn: 0, index, count, payload }) ? undefined : this.#channel.drained()
  }
}

type Answer = Extract<Message, { kind: 17 | 18 | 19 | 20 }>

const TOGETHER: ReadonlySet<number> = new Set([Tag.json, Tag.integers, Tag.doubles])

function raise(error: unknown): never {
  throw error
}
