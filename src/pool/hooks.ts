import { encodeForAny, shipFunction } from '../marshal/functions.ts'
import type { FunctionTable } from './functions.ts'
import type { Hook } from './hook-batch.ts'
import { finite } from './limit.ts'
import type { CheckedPoolOptions } from './options.ts'

/** What each worker of a pool runs before its first task, and after its last. */
export interface Hooks {
  readonly initializer: Hook | undefined
  readonly exit: Hook | undefined
}

/** Captures what the options say, as it is now. */
export function hooksOf(
  options: CheckedPoolOptions & { readonly sharesMemory: boolean },
  functions: FunctionTable,
): Hooks {
  const { initializer, initializerArgs, initializerTimeout, onExit, onExitTimeout, sharesMemory } = options
  const hook = (fn: typeof initializer, args: readonly unknown[], ms: number): Hook | undefined =>
    fn === undefined
      ? undefined
      : {
          fn: functions.enter(shipFunction(fn, options)),
          payload: encodeForAny(args, 'initializerArgs', sharesMemory),
          limitMs: finite(ms),
        }
  return {
    initializer: hook(initializer, initializerArgs, initializerTimeout),
    exit: hook(onExit, [], onExitTimeout),
  }
}
