import { begin } from '../backend/begin.ts'
import type { Begun } from '../backend/launched.ts'
import type { CheckedPoolOptions } from './options.ts'

export { checkArray, checkBoolean, checkFunction, checkIterable, checkOptions } from '../base/argument.ts'
export { checkApplyOptions, checkMapOptions, checkPoolOptions, checkStreamOptions } from './options.ts'

/** Whether all that is behind a pool may wait for its first use: nothing has to be captured or started before. */
export function mayWait({ backend, initializer, onExit, preload, size }: CheckedPoolOptions): boolean {
  return (
    backend === 'process' && initializer === undefined && onExit === undefined && preload.length === 0 && size.min === 0
  )
}

/** Starts the process of the first worker. */
export function beginFirst({ env, execArgv, execPath, cwd }: CheckedPoolOptions): Begun {
  return begin({ env, execArgv, execPath, cwd, stdio: 'inherit' })
}
