import { atMicrotask } from '../base/event-loop.ts'
import { Reaper } from './reaper.ts'

/** A worker as far as the end of its owner is concerned. */
export interface Child {
  /** Of a process of its own; a thread ends with its owner anyway. */
  readonly pid?: number | undefined
  /** The owner is ending: ends the worker at once and takes its last output. */
  abandon(): void
}

/**
 * From now on the worker ends when this process does, however that happens. `isTold` says that it may be given code to
 * run before this turn is over; for another one the reaper can wait until the caller has done what is more urgent.
 */
export function adopt(child: Child, isTold: boolean): void {
  if (!hooked) {
    hooked = true
    process.on('exit', abandonAll)
  }
  children.add(child)
  const { pid } = child
  if (pid === undefined) return
  if (isTold || reaper.process !== undefined) reaper.add(pid)
  else atMicrotask(() => children.has(child) && reaper.add(pid))
}

export function release(child: Child): void {
  if (child.pid !== undefined) reaper.remove(child.pid)
  children.delete(child)
}

/** Tries again to start what ends the workers of a killed owner, where that has not worked yet. */
export function ensureReaper(): void {
  reaper.ensure()
}

const children = new Set<Child>()
const reaper = new Reaper()
let hooked = false

function abandonAll(): void {
  for (const child of children) child.abandon()
}
