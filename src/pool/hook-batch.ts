import { ManycoreError } from '../base/errors.ts'
import { textOf } from '../base/thrown-text.ts'
import { Kind } from '../channel/messages.ts'
import type { Payload } from '../codec/payload.ts'
import { Batch } from './batch.ts'
import type { PoolFunction } from './functions.ts'

/** A function that each worker of a pool runs once: the initializer or the exit hook. */
export interface Hook {
  readonly fn: PoolFunction
  readonly payload: Payload
  readonly limitMs: number | undefined
}

/** The run of a hook in one worker. */
export class HookBatch extends Batch {
  readonly #done: (value: unknown) => void
  readonly #failed: (reason: unknown) => void

  /** With the place of the worker within its pool it is an initializer, whose value stays in the worker. */
  constructor(
    { fn, payload }: Hook,
    place: number | undefined,
    done: (value: unknown) => void,
    failed: (reason: unknown) => void,
  ) {
    super({
      fn,
      kind: place === undefined ? Kind.call : Kind.prepare,
      task: 0,
      index: place ?? 0,
      count: 1,
      payload,
    })
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

  argumentsAt(): Payload {
    return this.payload
  }

  submittedMs(): number {
    return this.sending?.ms ?? 0
  }

  describe(): string {
    return `the ${this.kind === Kind.prepare ? 'initializer' : 'exit hook'} ${this.fn.name}()`
  }
}

/** That a hook has failed in this worker. */
export function hookError(
  code: 'MC_WORKER_INITIALIZER' | 'MC_WORKER_EXIT_HOOK',
  { fn }: Hook,
  worker: string,
  cause: unknown,
): ManycoreError {
  const what = code === 'MC_WORKER_INITIALIZER' ? 'initializer' : 'exit hook'
  return new ManycoreError(code, `The ${what} ${fn.name}() failed in worker ${worker}: ${textOf(cause)}`, { cause })
}
