import { deferred } from '../base/deferred.ts'
import { currentIdentity } from '../worker/context.ts'
import type { ProcessExit } from './exit.ts'
import type { Plan } from './options.ts'
import { setState } from './state.ts'

/**
 * Runs the `run()` of a subclass, in the worker. Exported, so that it and with it the state of Process objects are this
 * module's own there, and `this` knows its name and can call `super.run()`.
 */
export function runInWorker(self: { run(): unknown }, target: Plan['target'], args: readonly unknown[]): unknown {
  const identity = currentIdentity()
  if (identity !== undefined) {
    const plan = { target, args } as Plan
    const outcome = { result: deferred<unknown>(), exited: deferred<ProcessExit>() }
    const fixed = { identity, daemon: identity.daemon, life: undefined, resultWanted: false, closed: false, here: true }
    setState(self, { ...fixed, ...outcome, plan })
  }
  return self.run()
}
