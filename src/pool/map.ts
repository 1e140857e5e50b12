import type { PoolCore } from './core.ts'
import { Extent } from './extent.ts'
import { Intake, isAsync } from './intake.ts'
import { snapshot, type Item } from './items.ts'
import { MapResults } from './map-results.ts'
import type { MapOptions } from './options.ts'
import { withProgress } from './progress.ts'
import type { Work } from './work.ts'
import type { WorkUser } from './works.ts'

/** Starts `map` or `starmap`. */
export function startMap(
  core: PoolCore,
  verb: 'map' | 'starmap',
  fn: (...args: never[]) => unknown,
  items: Iterable<unknown> | AsyncIterable<unknown>,
  options: MapOptions,
): Promise<unknown[]> {
  const { onError, ...common } = options
  const { signal, progress } = common
  if (signal?.aborted === true) return Promise.reject(signal.reason)
  const star = verb === 'starmap'
  const results = new MapResults(onError === 'settle')
  const extent = new Extent(items, options.length)
  let work: Work | undefined
  const sink = withProgress(results, progress, extent, (reason) => work?.abort(reason, 'broke'))
  const source: MapSource = {
    core,
    extent,
    take: (values) => snapshot(values, extent.pulled, star, core.options.sharesMemory),
    start: (user) => (work = core.work(fn, { verb, star, isWhole: true, ...common }, sink, user)),
  }
  const refused = isAsync(items) ? pullAll(items, source) : giveAll(items, source)
  return refused === undefined ? results.promise : Promise.reject(refused.reason)
}

/** What items of a map are given to. */
interface MapSource {
  readonly core: PoolCore
  readonly extent: Extent
  /** Items as they are now. */
  take(values: unknown[]): Item[]
  start(user: WorkUser): Work
}

/** What the items themselves threw before the first of them. */
type Refused = { readonly reason: unknown } | undefined

function giveAll(items: Iterable<unknown>, { core, extent, take, start }: MapSource): Refused {
  let values: unknown[]
  try {
    values = collect(items)
  } catch (reason) {
    return { reason }
  }
  if (values.length > 0) core.startFirst()
  const all = take(values)
  extent.pulled = all.length
  extent.isOver = true
  const work = start({})
  work.add(all)
  work.complete()
  return undefined
}

function pullAll(items: AsyncIterable<unknown>, { core, extent, take, start }: MapSource): Refused {
  let intake: Intake
  try {
    intake = new Intake(items, {
      room: () => core.readAhead(work) - work.open,
      pulled: (values) => {
        work.add(take(values))
        extent.pulled += values.length
      },
      ended: (error) => {
        extent.isOver = true
        work.complete(error)
      },
    })
  } catch (reason) {
    return { reason }
  }
  const work = intake.startWith(() => start({ progressed: () => intake.pull(), finished: () => intake.leave() }))
  intake.pull()
  return undefined
}

// An array is copied at once, which is many times faster than through its iterator, unless it has one of its own.
function collect(items: Iterable<unknown>): unknown[] {
  if (Array.isArray(items) && items[Symbol.iterator] === Array.prototype[Symbol.iterator]) return items.slice()
  return [...items]
}
