import type { PhaseTimes } from './phases.ts'
import type { Member } from './member.ts'
import type { SlowTask } from './slowest.ts'

/** Where the time of a pool's workers went. */
export interface PoolInsights {
  /** One for each place of the pool that had a worker, in order. */
  readonly places: readonly PlaceInsights[]
  /** The five tasks that took longest, the longest first. Tasks that were answered together count with their mean. */
  readonly slowest: readonly SlowTask[]
}

/** The workers that had one place of a pool, one after the other; times are milliseconds, for all of them. */
export interface PlaceInsights extends PhaseTimes {
  readonly index: number
  /** How many there were. */
  readonly workers: number
  /** Tasks that they have answered. */
  readonly tasks: number
}

/** Adds up what workers that are gone have done, place by place. */
export class Past {
  readonly places: Map<number, PlaceInsights> = new Map()

  add(member: Member): void {
    this.places.set(member.index, joined(this.places.get(member.index), member))
  }
}

export function insightsOf(members: readonly Member[], past: Past, slowest: readonly SlowTask[]): PoolInsights {
  const places = new Map(past.places)
  for (const member of members) places.set(member.index, joined(places.get(member.index), member))
  return { places: [...places.values()].sort((a, b) => a.index - b.index), slowest: slowest.slice() }
}

function joined(before: PlaceInsights | undefined, { index, tasks, phases }: Member): PlaceInsights {
  const times = phases.times(performance.now())
  if (before === undefined) return { index, workers: 1, tasks, ...times }
  return {
    index,
    workers: before.workers + 1,
    tasks: before.tasks + tasks,
    start: before.start + times.start,
    init: before.init + times.init,
    wait: before.wait + times.wait,
    work: before.work + times.work,
    exit: before.exit + times.exit,
  }
}
