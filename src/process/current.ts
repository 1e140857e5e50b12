import type { WaitOptions } from '../base/wait.ts'
import { currentIdentity, currentName, isOwnerGone, whenOwnerGone } from '../worker/context.ts'
import { inner } from './inner.ts'
import { livingChildren } from './living.ts'
import type { Process } from './process.ts'

/** The process that this code runs in. */
export interface CurrentProcess {
  /** `MainProcess`, or the name that its creator gave it. */
  readonly name: string
  readonly pid: number
  readonly daemon: boolean
  /** Of a worker that is a thread, as `node:worker_threads` numbers them; 0 where none is. */
  readonly threadId: number
  toString(): string
}

/** The process that created this one. */
export interface ParentProcess {
  readonly name: string
  readonly pid: number
  isAlive(): boolean
  /**
   * Resolves when it has ended, however it did. This process cannot outlive it: who waits here has 100 ms left for what
   * must be done, who does not ends at once.
   */
  readonly exited: Promise<void>
  /** Waits for its end for at most `timeout` milliseconds; resolves to whether it has ended. */
  join(limit?: number | WaitOptions): Promise<boolean>
  toString(): string
}

/**
 * The process that this code runs in: its name, its pid and whether it is daemonic. The same in a worker of a pool.
 *
 * ```ts
 * import { Process, currentProcess } from 'manycore'
 *
 * const hello = new Process({ target: () => console.log(`This is ${currentProcess().name}`), name: 'Ada' })
 * hello.start()
 * await hello.join()
 * console.log(`and this is ${currentProcess().name}`)
 * ```
 *
 * Follows `multiprocessing.current_process()`.
 */
export function currentProcess(): CurrentProcess {
  const identity = currentIdentity()
  return describe({
    name: currentName(),
    pid: process.pid,
    daemon: identity?.daemon ?? false,
    threadId: identity?.threadId ?? 0,
  })
}

/**
 * The process that created this one, or `null` in the main process.
 *
 * ```ts
 * import { parentProcess } from 'manycore'
 *
 * console.log(parentProcess()) // null
 * ```
 *
 * Follows `multiprocessing.parent_process()`.
 */
export function parentProcess(): ParentProcess | null {
  const identity = currentIdentity()
  if (identity === undefined) return null
  const { parentName: name, parentPid: pid } = identity
  // The kernel gives an orphan another parent, so this stays right when the pid is used again; a thread lives in the
  // process that created it.
  return describe({
    name,
    pid,
    isAlive: () => !isOwnerGone() && (process.ppid === pid || process.pid === pid),
    get exited() {
      return whenOwnerGone()
    },
    join: async (limit?: number | WaitOptions) => {
      const { checkWait, settledWithin } = inner()
      return await settledWithin(whenOwnerGone(), checkWait('join()', limit))
    },
  })
}

/**
 * The processes that this one has started and that have not ended. Workers of pools are not among them.
 *
 * ```ts
 * import { Process, activeChildren } from 'manycore'
 *
 * const child = new Process({ target: () => {} })
 * child.start()
 * console.log(activeChildren().length) // 1
 * await child.join()
 * console.log(activeChildren().length) // 0
 * ```
 *
 * Follows `multiprocessing.active_children()`.
 */
export function activeChildren(): Process<never, unknown>[] {
  return livingChildren() as object[] as Process<never, unknown>[]
}

function describe<T extends { readonly name: string; readonly pid: number }>(who: T): T {
  const text = () => `<Process name='${who.name}' pid=${who.pid}>`
  const hidden = { value: text, enumerable: false }
  return Object.freeze(
    Object.defineProperties(who, { toString: hidden, [Symbol.for('nodejs.util.inspect.custom')]: hidden }),
  )
}
