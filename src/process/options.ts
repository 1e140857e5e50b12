import { badArgument, checkBoolean, checkFunction, checkOneOf, checkOptions, checkRecord } from '../base/argument.ts'
import type { KillOptions, ResourceLimits } from '../backend/backend.ts'
import { checkBackend } from '../backend/fitting.ts'
import {
  type CheckedSurroundings,
  checkSurroundings,
  SURROUNDINGS,
  type Surroundings,
} from '../backend/surroundings.ts'

/** What a process runs. `args` may be left out where the target needs none. */
export type ProcessOptions<Args extends readonly unknown[], Result> = ProcessSettings & {
  /**
   * The function to run; with its captured variables it is taken over at `start()`. Without one, the class must
   * override `run()`.
   */
  readonly target?: ((...args: Args) => Result | PromiseLike<Result>) | undefined
} & ([] extends Args ? { readonly args?: Args | undefined } : { readonly args: Args })

/** Everything about a process but its work. */
export interface ProcessSettings extends Surroundings {
  /** `'process'`, the default: an operating system process. `'thread'`: a thread of this process, sharing its memory. */
  readonly backend?: 'process' | 'thread' | undefined
  /** Default: the name of the class and a number, such as `Process-1`, or `Process-1:2` inside `Process-1`. */
  readonly name?: string | undefined
  /**
   * A daemonic process is terminated when the main program has nothing else to do, and may not start processes.
   * Default: as the process that creates it.
   */
  readonly daemon?: boolean | undefined
  /** Of a thread only: the size of its heap and its stack. */
  readonly resourceLimits?: ResourceLimits | undefined
  /**
   * Values of variables that the target and its helpers in the same file capture, by name, in place of those that they
   * have. Needed where the runtime cannot tell them: Node with `--permission`, Bun, Deno.
   */
  readonly captures?: Readonly<Record<string, unknown>> | undefined
  /**
   * Where its output goes: `'inherit'` (the default) writes whole lines to the output of this process, `'pipe'` gives
   * it as `stdout` and `stderr`, both of which are to be read (a process waits when what it wrote is not), `'ignore'`
   * drops it.
   */
  readonly stdio?: 'inherit' | 'pipe' | 'ignore' | undefined
}

/** How a process is terminated. */
export interface TerminateOptions extends KillOptions {
  /** Milliseconds between SIGTERM and SIGKILL. Default: 5,000; `Infinity` for no SIGKILL. */
  readonly grace?: number | undefined
}

/** The options in the form in which they are kept, read once so that later changes to the object have no effect. */
export interface Plan extends CheckedSurroundings {
  readonly backend: 'process' | 'thread'
  readonly target: ((...args: never) => unknown) | undefined
  readonly args: readonly unknown[]
  readonly name: string | undefined
  readonly daemon: boolean | undefined
  readonly resourceLimits: ResourceLimits | undefined
  readonly captures: Readonly<Record<string, unknown>> | undefined
  readonly stdio: 'inherit' | 'pipe' | 'ignore'
}

/** The names of those of a process. */
export const PROCESS_OPTIONS: readonly (keyof ProcessSettings | 'target' | 'args')[] = [
  'backend',
  'target',
  'args',
  'name',
  'daemon',
  ...SURROUNDINGS,
  'resourceLimits',
  'captures',
  'stdio',
]

/** Throws an `ArgumentError` for an option that is unknown or cannot be used. */
export function checkProcessOptions(
  where: string,
  given: ProcessSettings & { target?: unknown; args?: unknown },
): Plan {
  checkOptions(`The argument of ${where}`, given, PROCESS_OPTIONS)
  const { target, args = [], name, daemon, captures, stdio = 'inherit', resourceLimits } = given
  const say = (option: string) => `${option} of ${where}`
  if (target !== undefined) checkFunction(say('target'), target)
  if (!Array.isArray(args)) throw badArgument(say('args'), 'an array of the arguments for the target', args)
  if (name !== undefined && (typeof name !== 'string' || name === ''))
    throw badArgument(say('name'), 'a text that is not empty', name)
  if (daemon !== undefined) checkBoolean(say('daemon'), daemon)
  if (captures !== undefined) checkRecord(say('captures'), 'an object of values by name', captures)
  checkOneOf(say('stdio'), stdio, ['inherit', 'pipe', 'ignore'])
  return {
    ...checkSurroundings(say, given),
    backend: checkBackend(say('backend'), given.backend, ['process', 'thread'], given),
    target: target as Plan['target'],
    args: [...(args as unknown[])],
    name,
    daemon,
    resourceLimits: resourceLimits === undefined ? undefined : { ...resourceLimits },
    captures: captures === undefined ? undefined : { ...captures },
    stdio,
  }
}
