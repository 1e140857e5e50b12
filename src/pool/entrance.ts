import { begin } from '../backend/begin.ts'
import { beginThread } from '../backend/begin-thread.ts'
import type { Begun } from '../backend/launched.ts'
import { checkMaySpawn } from '../backend/may-spawn.ts'
import { identityIn } from './identity.ts'
import type { CheckedPoolOptions } from './options.ts'

export { checkArray, checkBoolean, checkFunction, checkIterable, checkOptions } from '../base/argument.ts'
export { checkApplyOptions, checkMapOptions, checkPoolOptions, checkStreamOptions, POOL_OPTIONS } from './options.ts'

/** Whether all that is behind a pool may wait for its first use: nothing has to be captured or started before. */
export function mayWait({ backend, initializer, onExit, preload, size }: CheckedPoolOptions): boolean {
  return (
    backend !== 'inline' && initializer === undefined && onExit === undefined && preload.length === 0 && size.min === 0
  )
}

/** Starts the process, or the thread, of the first worker. */
export function beginFirst(options: CheckedPoolOptions): Begun | undefined {
  const { backend, env, execArgv, execPath, cwd, resourceLimits } = options
  if (backend === 'inline') return undefined
  checkMaySpawn()
  const identity = identityIn(options)
  if (backend === 'thread') return beginThread({ identity, env, execArgv, resourceLimits })
  return begin({ identity, env, execArgv, execPath, cwd, stdio: 'inherit' })
}
