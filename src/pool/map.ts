import type { PoolCore } from './core.ts'
import { Extent } from './extent.ts'
import { Intake, isAsync } from './intake.ts'
import { snapshot } from './items.ts'
import { MapResults } from './map-results.ts'
import type { MapOptions } from './options.ts'
import { withProgress } from './progress.ts'
import type { Work } from './work.ts'

/** Starts `map` or `starmap`. */
export function startMap(
  core: PoolCore,
  verb: 'map' | 'starmap',
  fn: (...args: never[]) => unknown,
  items: Iterable<unknown> | AsyncIterable<unknown>,
  options: MapOptions,
): Promise<unknown[]> {
  const star = verb === 'starmap'
  const { onError, ...common } = options
  const { signal, progress } = common
  if (signal?.aborted === true) return Promise.reject(signal.reason)
  const how = { verb, star, isWhole: true, ...common }
  const results = new MapResults(onError === 'settle')
  const extent = new Extent(items, options.length)
  let work: Work
  const sink = withProgress(results, progress, extent, (reason) => work.abort(reason, 'broke'))
  if (!isAsync(items)) {
    let values: unknown[]
    try {
      values = collect(items)
    } catch (reason) {
      return Promise.reject(reason)
    }
    if (values.length > 0) core.startFirst()
    const all = snapshot(values, 0, star, core.options.sharesMemory)
    extent.pulled = all.length
    extent.isOver = true
    work = core.work(fn, how, sink, {})
    work.add(all)
    work.complete()
    return results.promise
  }
  work = core.work(fn, how, sink, {
    progressed: () => intake.pull(),
    finished: () => void intake.stop().catch(() => {}),
  })
  const intake = new Intake(items, {
    room: () => core.readAhead(work) - work.open,
    pulled: (values) => {
      work.add(snapshot(values, extent.pulled, star, core.options.sharesMemory))
      extent.pulled += values.length
    },
    ended: (error) => {
      extent.isOver = true
      work.complete(error)
    },
  })
  intake.pull()
  return results.promise
}

// An array is copied at once, which is many times faster than through its iterator, unless it has one of its own.
function collect(items: Iterable<unknown>): unknown[] {
  if (Array.isArray(items) && items[Symbol.iterator] === Array.prototype[Symbol.iterator]) return items.slice()
  return [...items]
}
