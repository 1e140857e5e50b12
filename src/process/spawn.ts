import { accessSync, constants, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { childExecPath } from '../backend/executable.ts'
import { processBackend } from '../backend/processes.ts'
import { StateError, WorkerStartError } from '../base/errors.ts'
import type { WorkerIdentity } from '../channel/identity.ts'
import { currentIdentity } from '../worker/context.ts'
import { encodeForAny, shipFunction } from '../marshal/functions.ts'
import { Life, type Outcome } from './life.ts'
import type { Plan } from './options.ts'

/** What a process is to do, before it is captured. */
export interface Call {
  readonly target: (...args: never) => unknown
  readonly args: readonly unknown[]
}

/** Spawns a worker and hands it its job; throws when either cannot be done, and leaves nothing behind then. */
export function spawnChild(identity: WorkerIdentity, plan: Plan, call: Call, outcome: Outcome, callSite: Error): Life {
  const creator = currentIdentity()
  if (creator?.daemon === true) {
    throw new StateError(
      'MC_PROCESS_DAEMON',
      `${creator.name} is daemonic and cannot start ${identity.name}: a daemonic process is terminated without notice, ` +
        'so its children would be left behind. Start it with daemon: false.',
    )
  }
  const execPath = pathOf(plan.execPath) ?? childExecPath()
  const cwd = pathOf(plan.cwd)
  if (cwd !== undefined) checkFolder(identity.name, cwd)
  if (execPath.includes('/')) checkProgram(identity.name, execPath)
  // Captured first, so that nothing is started for a job that cannot travel.
  const fn = shipFunction(call.target, { captures: plan.captures })
  const args = encodeForAny(call.args, 'args')
  const worker = processBackend.spawn({
    identity,
    env: plan.env,
    execArgv: plan.execArgv,
    execPath,
    cwd,
    stdio: plan.stdio,
  })
  if (worker.pid === undefined) {
    worker.ready.catch(() => {})
    throw new WorkerStartError(
      `${identity.name} could not be started: ${execPath} did not begin to run. ` +
        'Check execPath, and whether this machine is out of processes, descriptors or memory.',
      { worker: identity.name },
    )
  }
  return new Life(worker, { fn, args }, outcome, { callSite, keepsAlive: !identity.daemon })
}

// The operating system tells of both only after spawn() returned, and blames the program for a missing folder.
function checkFolder(name: string, cwd: string): void {
  if (statSync(cwd, { throwIfNoEntry: false })?.isDirectory() === true) return
  throw new WorkerStartError(`${name} could not be started: its cwd ${cwd} is no folder.`, { worker: name })
}

function checkProgram(name: string, execPath: string): void {
  try {
    accessSync(execPath, constants.X_OK)
  } catch (cause) {
    throw new WorkerStartError(
      `${name} could not be started: its execPath ${execPath} is no program that can be run.`,
      { worker: name },
      { cause },
    )
  }
}

function pathOf(path: string | URL | undefined): string | undefined {
  return path instanceof URL ? fileURLToPath(path) : path
}
