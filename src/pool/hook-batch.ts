import { Kind } from '../channel/messages.ts'
import type { Payload } from '../codec/payload.ts'
import type { Batch, Holder, Sending } from './batch.ts'
import type { PoolFunction } from './functions.ts'

/** A function that each worker of a pool runs once: the initializer or the exit hook. */
export interface Hook {
  readonly fn: PoolFunction
  readonly payload: Payload
  readonly limitMs: number | undefined
}

/** The run of a hook in one worker. */
export class HookBatch implements Batch {
  readonly fn: PoolFunction
  readonly kind: Batch['kind']
  readonly task = 0
  readonly index: number
  readonly count = 1
  readonly payload: Payload
  readonly losses = 0
  readonly attempt = 1
  readonly graceMs = 0
  readonly isRetried = false
  sending: Sending | undefined
  answered = 0
  costMs = 0
  holder: Holder | undefined
  readonly #done: (value: unknown) => void
  readonly #failed: (reason: unknown) => void

  /** With the place of the worker within its pool it is an initializer, whose value stays in the worker. */
  constructor(
    { fn, payload }: Hook,
    place: number | undefined,
    done: (value: unknown) => void,
    failed: (reason: unknown) => void,
  ) {
    this.fn = fn
    this.payload = payload
    this.kind = place === undefined ? Kind.call : Kind.prepare
    this.index = place ?? 0
    this.#done = done
    this.#failed = failed
  }

  resolved(_at: number, [value]: readonly unknown[]): void {
    this.#done(value)
  }

  rejected(_at: number, reason: unknown): void {
    this.#failed(reason)
  }

  returned(reason: Error): void {
    this.#failed(reason)
  }

  site(): undefined {
    return undefined
  }

  describe(): string {
    return `the ${this.kind === Kind.prepare ? 'initializer' : 'exit hook'} ${this.fn.name}()`
  }

  itemIndex(): undefined {
    return undefined
  }
}
