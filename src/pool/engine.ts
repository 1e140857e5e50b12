import { processBackend } from '../backend/processes.ts'
import { PoolCore } from './core.ts'
import type { CheckedPoolOptions } from './options.ts'

export { checkIterable } from './intake.ts'
export { startMap } from './map.ts'
export { startStream } from './start-stream.ts'

/** What is behind a pool, with its workers. */
export function createCore(options: CheckedPoolOptions): PoolCore {
  return new PoolCore(options, processBackend)
}
