import type { WorkerState } from './backend.ts'

export type LifecycleEvent = 'ready' | 'busy' | 'idle' | 'stop' | 'exited'

/** The states of one worker. Only what happens changes them, and only here. */
export class Lifecycle {
  state: WorkerState = 'starting'
  // Work may be sent before the worker is ready.
  #hasWork = false

  /** True when the event meant something in the present state. */
  happened(event: LifecycleEvent): boolean {
    if (event === 'busy' || event === 'idle') this.#hasWork = event === 'busy'
    const next = NEXT[this.state][event]
    if (next === undefined) return false
    this.state = next === 'ready' && this.#hasWork ? 'busy' : next
    return true
  }
}

const NEXT: Readonly<Record<WorkerState, Partial<Record<LifecycleEvent, WorkerState>>>> = {
  starting: { ready: 'ready', stop: 'stopping', exited: 'stopped' },
  ready: { busy: 'busy', stop: 'stopping', exited: 'stopped' },
  busy: { idle: 'ready', stop: 'stopping', exited: 'stopped' },
  stopping: { exited: 'stopped' },
  stopped: {},
}
