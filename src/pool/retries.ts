import { checkDuration, checkFunction, checkInteger, checkOptions } from '../base/argument.ts'
import { ArgumentError, RetriesError } from '../base/errors.ts'
import { isThenable } from '../worker/thenable.ts'
import { isCancellation, isLoss } from './thrown.ts'

/** How often, when and for which errors a task is run again. */
export interface RetryOptions {
  /** So often at most, after the first time. */
  readonly limit: number
  /** Milliseconds before the second attempt; doubled for each one after that, up to 30 s. Default: 50. */
  readonly backoff?: number | undefined
  /**
   * Whether an error is worth another attempt, said at once: not by an async function. Default: only the loss of its own
   * worker, a `WorkerCrashedError`; one that comes from a pool within the task is an error as any other.
   */
  readonly on?: ((error: unknown, attempt: number) => boolean) | undefined
}

const BACKOFF_MS = 50
const LONGEST_BACKOFF_MS = 30_000

/** Says what becomes of a task that failed. */
export class RetryPolicy {
  readonly #limit: number
  readonly #backoffMs: number
  readonly #on: (error: unknown, attempt: number) => boolean

  constructor({ limit, backoff = BACKOFF_MS, on = isLoss }: RetryOptions) {
    this.#limit = limit
    this.#backoffMs = backoff
    this.#on = on
  }

  /**
   * After how many milliseconds the task is to be run again, when its `attempt` failed for this reason; else what it
   * fails with. `what` begins a text: "Item 3 of map(resize)".
   */
  decide(what: string, attempt: number, reason: unknown, itemIndex?: number): number | { readonly reason: unknown } {
    if (isCancellation(reason)) return { reason }
    try {
      const isWorthIt: unknown = this.#on(reason, attempt)
      if (isThenable(isWorthIt)) {
        // It would count as a yes, whatever it says later.
        isWorthIt.then(undefined, () => {})
        throw new ArgumentError('retries.on must answer true or false at once: it must not be an async function.')
      }
      if (!isWorthIt) return { reason }
    } catch (error) {
      return { reason: error }
    }
    if (attempt <= this.#limit) return Math.min(this.#backoffMs * 2 ** (attempt - 1), LONGEST_BACKOFF_MS)
    if (attempt === 1) return { reason }
    return { reason: new RetriesError(`${what} failed in each of ${attempt} attempts.`, attempt, itemIndex, reason) }
  }
}

/** Checks the `retries` of a call. */
export function checkRetries(retries: number | RetryOptions | undefined): void {
  if (retries === undefined) return
  if (typeof retries === 'number') {
    checkInteger('retries', retries, 0)
    return
  }
  checkOptions('retries', retries, ['limit', 'backoff', 'on'])
  checkInteger('retries.limit', retries.limit, 0)
  if (retries.backoff !== undefined && checkDuration('retries.backoff', retries.backoff) < 0)
    throw new ArgumentError(`retries.backoff must not be less than 0 ms, got ${retries.backoff}.`)
  if (retries.on !== undefined) checkFunction('retries.on', retries.on)
}

/** Nothing when nothing is to run twice. */
export function policyFor(retries: number | RetryOptions | undefined): RetryPolicy | undefined {
  const options = typeof retries === 'number' ? { limit: retries } : retries
  return options === undefined || options.limit === 0 ? undefined : new RetryPolicy(options)
}
