import { checkMaySpawn } from '../backend/may-spawn.ts'
import { backendNamed } from '../backend/named.ts'
import { StateError, WorkerStartError } from '../base/errors.ts'
import type { WorkerIdentity } from '../channel/identity.ts'
import { currentIdentity } from '../worker/context.ts'
import { encodeForAny, shipFunction } from '../marshal/functions.ts'
import { Life, type Outcome } from './life.ts'
import type { Plan } from './options.ts'

/** What a process is to do, before it is captured. */
export interface TargetCall {
  readonly target: (...args: never) => unknown
  readonly args: readonly unknown[]
}

/** Spawns a worker and hands it its call; throws when either cannot be done, and leaves nothing behind then. */
export function spawnChild(
  identity: WorkerIdentity,
  plan: Plan,
  call: TargetCall,
  outcome: Outcome,
  callSite: Error,
): Life {
  const creator = currentIdentity()
  if (creator?.daemon === true) {
    throw new StateError(
      'MC_PROCESS_DAEMON',
      `${creator.name} is daemonic and cannot start ${identity.name}: a daemonic process is terminated without notice, ` +
        'so its children would be left behind. Start it with daemon: false.',
    )
  }
  const { env, execArgv, execPath, cwd, resourceLimits, stdio } = plan
  const backend = backendNamed(plan.backend)
  const options = { identity, env, execArgv, execPath, cwd, resourceLimits, stdio }
  checkMaySpawn()
  backend.foresee?.(options)
  // Captured first, so that nothing is started for a call that cannot travel.
  const fn = shipFunction(call.target, { captures: plan.captures, sharesMemory: backend.sharesMemory, maybeOnce: true })
  const args = encodeForAny(call.args, 'args', backend.sharesMemory)
  const worker = backend.spawn(options)
  if (worker.pid === undefined) {
    worker.ready.catch(() => {})
    throw new WorkerStartError(`${identity.name} could not be started: ${worker.notStarted}.`, {
      worker: identity.name,
    })
  }
  return new Life(worker, { fn, args }, outcome, { callSite, keepsAlive: !identity.daemon })
}
