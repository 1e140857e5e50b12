import { inspect } from 'node:util'
import { checkOneOf, checkSyncIterable } from '../base/argument.ts'
import { deferred } from '../base/deferred.ts'
import { ArgumentError, TimeoutError } from '../base/errors.ts'
import { onSettled } from '../base/settlement.ts'
import { checkWait, settledWithin, type WaitOptions } from '../base/wait.ts'
import { isThenable } from '../worker/thenable.ts'
import type { Life } from './life.ts'
import { isProcess, lifeOfSentinel, startedLife } from './state.ts'
import type { WaitModeOptions, WaitResult } from './wait-mode.ts'

/** What `wait()` does. */
export async function waitFor<T extends object>(
  objects: Iterable<T>,
  limit?: number | WaitOptions | WaitModeOptions,
): Promise<T[] | WaitResult<T>> {
  const options = checkWait('wait()', limit, ['mode'])
  const mode = typeof limit === 'object' && 'mode' in limit ? limit.mode : undefined
  if (mode !== undefined) checkOneOf('mode of wait()', mode, ['all', 'first', 'firstError'])
  checkSyncIterable('The first argument of wait()', objects)
  const given = [...objects]
  const ended = new Set<T>()
  const enough = deferred<void>()
  const all = new Set(given)
  const ends = endsOf(all)
  const releases = ends.map(({ object, end, life }) =>
    onSettled(end, (rejected) => {
      ended.add(object)
      const failed = rejected || (isProcess(object) && life?.exit?.exitCode !== 0)
      const soon = mode === 'firstError' ? failed : mode !== 'all'
      if (soon || ended.size === all.size) enough.resolve()
    }),
  )
  try {
    if (all.size > 0) await holding(ends, () => settledWithin(enough.promise, options))
  } finally {
    for (const release of releases) release()
  }
  if (mode === undefined) return given.filter((object) => ended.has(object))
  return {
    done: [...all].filter((object) => ended.has(object)),
    pending: [...all].filter((object) => !ended.has(object)),
  }
}

/** What `asCompleted()` does. */
export function inOrderOfEnd<T extends object>(
  objects: Iterable<T>,
  limit?: number | WaitOptions,
): AsyncIterableIterator<T, undefined> {
  const options = checkWait('asCompleted()', limit)
  checkSyncIterable('The first argument of asCompleted()', objects)
  return new InOrderOfEnd(endsOf(new Set(objects)), options)
}

class InOrderOfEnd<T extends object> implements AsyncIterableIterator<T, undefined> {
  readonly #ends: readonly End<T>[]
  readonly #options: WaitOptions
  readonly #beganMs = performance.now()
  readonly #releases: readonly (() => void)[]
  readonly #ended: T[] = []
  #given = 0
  #another = deferred<void>()
  #last: Promise<unknown> = Promise.resolve()

  constructor(ends: readonly End<T>[], options: WaitOptions) {
    this.#ends = ends
    this.#options = options
    this.#releases = ends.map(({ object, end }) =>
      onSettled(end, () => {
        this.#ended.push(object)
        this.#another.resolve()
      }),
    )
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  // Whoever asked before is served first.
  next(): Promise<IteratorResult<T, undefined>> {
    const result = this.#last.then(() => this.#step())
    this.#last = result.catch(() => this.#leave())
    return result
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.#leave()
    this.#another.resolve()
    return Promise.resolve({ done: true, value: undefined })
  }

  async #step(): Promise<IteratorResult<T, undefined>> {
    const { timeout = Infinity, signal } = this.#options
    for (;;) {
      if (this.#given === this.#ends.length) return { done: true, value: undefined }
      if (this.#given < this.#ended.length) return { done: false, value: this.#ended[this.#given++] as T }
      const another = deferred<void>()
      this.#another = another
      const left = { timeout: timeout - (performance.now() - this.#beganMs), signal }
      if (await holding(this.#ends, () => settledWithin(another.promise, left))) continue
      const open = `${this.#ends.length - this.#given} of ${this.#ends.length}`
      throw new TimeoutError('MC_WAIT_TIMEOUT', `${open} were not over within ${timeout} ms.`, timeout)
    }
  }

  #leave(): void {
    this.#given = this.#ends.length
    for (const release of this.#releases) release()
  }
}

interface End<T> {
  readonly object: T
  readonly end: PromiseLike<unknown>
  readonly life?: Life
}

function endsOf<T extends object>(objects: Iterable<T>): End<T>[] {
  return Array.from(objects, (object) => ({ object, ...endOf(object) }))
}

// Somebody waits, so the program has to live until those processes have ended.
async function holding<R>(ends: readonly End<object>[], action: () => Promise<R>): Promise<R> {
  const releases = ends.map(({ life }) => life?.hold())
  try {
    return await action()
  } finally {
    for (const release of releases) release?.()
  }
}

function endOf(object: object): { readonly end: PromiseLike<unknown>; readonly life?: Life } {
  const life = isProcess(object) ? startedLife(object, 'wait for') : lifeOfSentinel(object)
  if (life !== undefined) return { end: life.gone, life }
  if (isThenable(object)) return { end: object }
  throw new ArgumentError(
    `wait() and asCompleted() take processes, sentinels and promises, got ${inspect(object, { depth: 0 })}.`,
  )
}
