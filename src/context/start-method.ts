import { setChildExecPath } from '../backend/executable.ts'
import { cpuCount } from '../base/cpu-count.ts'
import { ArgumentError, StateError } from '../base/errors.ts'
import {
  activeChildren,
  currentProcess,
  parentProcess,
  type CurrentProcess,
  type ParentProcess,
} from '../process/current.ts'
import { inner } from '../process/inner.ts'
import { Pool } from '../pool/pool.ts'
import { Process } from '../process/process.ts'

/** How a process comes to life. A running Node cannot be copied by `fork()`, so there is one way: a new Node. */
export type StartMethod = 'spawn'

const methods: readonly StartMethod[] = ['spawn']

let chosen: StartMethod | undefined

/** Names as in Python's contexts; everything made through one behaves as without it. */
export interface Context {
  readonly Pool: typeof Pool
  readonly Process: typeof Process
  activeChildren(): Process<never, unknown>[]
  cpuCount(): number
  currentProcess(): CurrentProcess
  getStartMethod(): StartMethod
  parentProcess(): ParentProcess | null
}

/**
 * The start methods of this platform, the default first: `['spawn']`, everywhere. `fork` and `forkserver` of Python
 * copy a running interpreter; Node, with its threads, cannot be copied.
 *
 * ```ts
 * import { getAllStartMethods } from 'manycore'
 *
 * console.log(getAllStartMethods()) // [ 'spawn' ]
 * ```
 *
 * Follows `multiprocessing.get_all_start_methods()`.
 */
export function getAllStartMethods(): StartMethod[] {
  return [...methods]
}

/**
 * The start method in use. With `allowNone` it is `null` as long as none was set or used.
 *
 * ```ts
 * import { getStartMethod } from 'manycore'
 *
 * console.log(getStartMethod({ allowNone: true })) // null
 * ```
 *
 * Follows `multiprocessing.get_start_method()`.
 */
export function getStartMethod(options: { readonly allowNone: true }): StartMethod | null
export function getStartMethod(options?: { readonly allowNone?: boolean }): StartMethod
export function getStartMethod(options: { readonly allowNone?: boolean } = {}): StartMethod | null {
  inner().checkOptions('The argument of getStartMethod()', options, ['allowNone'])
  const { allowNone = false } = options
  inner().checkBoolean('allowNone of getStartMethod()', allowNone)
  if (allowNone) return chosen ?? null
  return (chosen ??= 'spawn')
}

/**
 * Sets the start method; there is only `'spawn'`. Throws an `ArgumentError` for another and a `StateError`
 * (`MC_PROCESS_STARTED`) when it was set before and `force` is not.
 *
 * ```ts
 * import { setStartMethod } from 'manycore'
 *
 * setStartMethod('spawn')
 * ```
 *
 * Follows `multiprocessing.set_start_method()`.
 */
export function setStartMethod(method: StartMethod, options: { readonly force?: boolean } = {}): void {
  inner().checkOptions('The second argument of setStartMethod()', options, ['force'])
  const { force = false } = options
  inner().checkBoolean('force of setStartMethod()', force)
  const checked = checkMethod('setStartMethod()', method)
  if (chosen !== undefined && !force) {
    throw new StateError(
      'MC_PROCESS_STARTED',
      `The start method has already been set, to '${chosen}'. Pass { force: true } to set it again.`,
    )
  }
  chosen = checked
}

/**
 * An object with the functions of this module for one start method; it changes no default. Throws an `ArgumentError`
 * for a start method that does not exist here.
 *
 * ```ts
 * import { getContext } from 'manycore'
 *
 * const context = getContext('spawn')
 * const child = new context.Process({ target: () => 6 * 7 }).start()
 * console.log(await child.result) // 42
 * ```
 *
 * Follows `multiprocessing.get_context()`.
 */
export function getContext(method: StartMethod = 'spawn'): Context {
  const fixed = checkMethod('getContext()', method)
  return Object.freeze({
    Pool,
    Process,
    activeChildren,
    cpuCount,
    currentProcess,
    getStartMethod: () => fixed,
    parentProcess,
  })
}

/**
 * The Node that processes and workers started from now on are run with: a path, a `file:` URL, or a name, which is looked
 * for along `PATH`. A program that cannot be run makes the next `start()` throw `MC_WORKER_START`.
 *
 * ```ts
 * import { setExecutable } from 'manycore'
 *
 * setExecutable(process.execPath)
 * ```
 *
 * Follows `multiprocessing.set_executable()`.
 */
export function setExecutable(path: string | URL): void {
  setChildExecPath(inner().checkProgram('The argument of setExecutable()', path))
}

function checkMethod(where: string, method: unknown): StartMethod {
  if (methods.includes(method as StartMethod)) return method as StartMethod
  const known = ['fork', 'forkserver'].includes(method as string)
  throw new ArgumentError(
    `${where} knows only 'spawn', got ${process.getBuiltinModule('node:util').inspect(method)}.` +
      (known ? ' A running Node, with its threads, cannot be copied as Python copies itself.' : ''),
  )
}
