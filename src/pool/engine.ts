import type { Begun } from '../backend/launched.ts'
import { backendNamed } from '../backend/named.ts'
import { StateError, TimeoutError } from '../base/errors.ts'
import { checkWait, settledWithin, type WaitOptions } from '../base/wait.ts'
import { PoolCore } from './core.ts'
import { insightsOf, type PoolInsights } from './insights.ts'
import type { CheckedPoolOptions } from './options.ts'
import { withPreload } from './preload.ts'
import { checkSize, type PoolSize } from './size.ts'
import type { PoolStats } from './stats.ts'

export { startMap } from './map.ts'
export { startStream } from './start-stream.ts'

/**
 * What is behind a pool, with its workers; the first of them takes over the process that was `begun`. It is closed when
 * nobody can use the pool any more, because it was collected as garbage.
 */
export function createCore(pool: object, options: CheckedPoolOptions, begun: Begun | undefined): PoolCore {
  const core = new PoolCore(withPreload(options), backendNamed(options.backend))
  if (begun !== undefined) core.startFirst(begun)
  dropped ??= new FinalizationRegistry(closeDropped)
  dropped.register(pool, core)
  return core
}

export function resizeCore(core: PoolCore, size: number | PoolSize): void {
  core.checkOpen('resize()')
  core.resize(checkSize('processes', size))
}

export function insightsOfCore({ roster }: PoolCore): PoolInsights {
  return insightsOf(roster.members, roster.past, roster.tally.slowest.tasks)
}

export function measureCore(core: PoolCore, wait: number | WaitOptions | undefined): Promise<PoolStats> {
  return core.measure(checkWait('measure()', wait))
}

/** Waits for the end of the pool, with a limit; throws before it was closed. */
export function joinCore(core: PoolCore, wait: number | WaitOptions | undefined): Promise<void> {
  const options = checkWait('join()', wait)
  if (core.state === 'open') {
    throw new StateError('MC_POOL_RUNNING', 'join(): the pool still takes work; call close() or terminate() before.')
  }
  return within(core.join(), options)
}

async function within(promise: Promise<void>, options: WaitOptions): Promise<void> {
  if (await settledWithin(promise, options)) return promise
  const ms = options.timeout ?? Infinity
  throw new TimeoutError('MC_WAIT_TIMEOUT', `The workers of the pool have not ended within ${ms} ms.`, ms)
}

let dropped: FinalizationRegistry<PoolCore> | undefined
let warned = false

function closeDropped(core: PoolCore): void {
  if (core.state !== 'open') return
  if (!warned && core.roster.members.length > 0) {
    warned = true
    process.emitWarning(
      'A Pool was dropped without close() or terminate(), so that its workers stayed until it was collected as garbage. ' +
        'Say `await using pool = new Pool()`, or close it.',
      'ManycoreWarning',
    )
  }
  core.close(false)
}
