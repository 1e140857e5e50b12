import { ArgumentError } from '../base/errors.ts'
import type { PoolCore } from './core.ts'
import { Intake, isAsync } from './intake.ts'
import { snapshot, type Item } from './items.ts'
import type { MapOptions } from './options.ts'
import type { Sink } from './work.ts'

/** Starts `map` or `starmap`. */
export function startMap(
  core: PoolCore,
  verb: 'map' | 'starmap',
  fn: (...args: never[]) => unknown,
  items: Iterable<unknown> | AsyncIterable<unknown>,
  options: MapOptions,
): Promise<unknown[]> {
  const star = verb === 'starmap'
  const { chunkSize, timeout, signal } = options
  const how = { verb, star, chunkSize, timeout, signal }
  const results = new MapResults(options.onError === 'settle')
  if (!isAsync(items)) {
    const values: unknown[] = []
    try {
      for (const value of items) values.push(value)
    } catch (reason) {
      return Promise.reject(reason)
    }
    const all = snapshots(values, 0, star)
    const work = core.work(fn, how, results, {})
    work.add(all)
    work.complete()
    return results.promise
  }
  let pulled = 0
  const work = core.work(fn, how, results, {
    progressed: () => intake.pull(),
    finished: () => void intake.stop().catch(() => {}),
  })
  const intake = new Intake(items, {
    room: () => core.readAhead(work) - work.open,
    pulled: (values) => {
      work.add(snapshots(values, pulled, star))
      pulled += values.length
    },
    ended: (error) => work.complete(error),
  })
  intake.pull()
  return results.promise
}

function snapshots(values: readonly unknown[], first: number, star: boolean): Item[] {
  return values.map((value, at) => {
    const label = `items[${first + at}]`
    if (star && !Array.isArray(value)) throw new ArgumentError(`${label} of starmap() must be an array of arguments.`)
    return snapshot(value, star, label)
  })
}

/** Gathers the results of a map in the order of its items; its promise settles when all of them were dealt with. */
export class MapResults implements Sink {
  readonly promise: Promise<unknown[]>
  readonly #settle: boolean
  #results: unknown[] = []
  #failure: { readonly index: number; readonly reason: unknown } | undefined
  #resolve!: (results: unknown[]) => void
  #reject!: (reason: unknown) => void

  /** `settle`: failures become results, as with `Promise.allSettled`. */
  constructor(settle: boolean) {
    this.#settle = settle
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  values(index: number, values: readonly unknown[]): void {
    const results = this.#results
    // Filled in order, an array stays packed; most results come in order.
    for (let at = results.length; at < index; at++) results.push(undefined)
    for (let at = 0; at < values.length; at++) {
      const value = this.#settle ? { status: 'fulfilled', value: values[at] } : values[at]
      if (index + at === results.length) results.push(value)
      else results[index + at] = value
    }
  }

  failure(index: number, reason: unknown): void {
    if (this.#settle) {
      for (let at = this.#results.length; at < index; at++) this.#results.push(undefined)
      this.#results[index] = { status: 'rejected', reason }
    } else if (this.#failure === undefined || index < this.#failure.index) this.#failure = { index, reason }
  }

  end(_total: number, error: { readonly reason: unknown } | undefined): void {
    // An item that failed comes before the source's own end.
    const failed = this.#failure ?? error
    if (failed === undefined) this.#resolve(this.#results)
    else this.#reject(failed.reason)
    this.#results = []
  }

  /** Gives up. The caller asked for that, so the rejection needs no handler. */
  cancel(reason: unknown): void {
    this.promise.catch(() => {})
    this.#reject(reason)
    this.#results = []
  }
}
