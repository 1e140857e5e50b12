import type { Deferred } from '../base/deferred.ts'
import { StateError } from '../base/errors.ts'
import type { WorkerIdentity } from '../channel/identity.ts'
import type { ProcessExit } from './exit.ts'
import type { Life } from './life.ts'
import type { Plan } from './options.ts'

/** All that a Process object knows. */
export interface State {
  readonly identity: WorkerIdentity
  readonly result: Deferred<unknown>
  readonly exited: Deferred<ProcessExit>
  daemon: boolean
  /** What to run; dropped once it was handed over, so that the target and its arguments can be collected. */
  plan: Plan | undefined
  life: Life | undefined
  /** Whether `result` was read. */
  resultWanted: boolean
  closed: boolean
  /** True for the object that a subclass's `run()` sees as `this`, in the process that it stands for. */
  readonly here: boolean
}

// Kept beside the objects, not in them: an instance of a subclass travels with what its own class put into it.
const states = new WeakMap<object, State>()
const sentinels = new WeakMap<object, Life>()

export function setState(owner: object, state: State): void {
  states.set(owner, state)
}

/** Throws `MC_PROCESS_CLOSED` after `close()`, and `MC_PROCESS_NOT_STARTED` for a copy that travelled elsewhere. */
export function openState(owner: object): State {
  const state = anyState(owner)
  if (state.closed) throw new StateError('MC_PROCESS_CLOSED', `${state.identity.name}: process object is closed.`)
  return state
}

export function anyState(owner: object): State {
  const state = states.get(owner)
  if (state !== undefined) return state
  throw new StateError(
    'MC_PROCESS_NOT_STARTED',
    'This Process object is a copy: only the process that made it can start it, wait for it or end it.',
  )
}

/** The life of a process that was started; `action` ends the sentence "cannot … a process before start()". */
export function startedLife(owner: object, action: string): Life {
  const { life, identity } = openState(owner)
  if (life !== undefined) return life
  throw new StateError('MC_PROCESS_NOT_STARTED', `Cannot ${action} ${identity.name} before start().`)
}

export function isProcess(value: unknown): boolean {
  return typeof value === 'object' && value !== null && states.has(value)
}

export function setSentinel(sentinel: object, life: Life): void {
  sentinels.set(sentinel, life)
}

export function lifeOfSentinel(sentinel: object): Life | undefined {
  return sentinels.get(sentinel)
}
