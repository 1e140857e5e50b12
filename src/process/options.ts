import { checkFunction, checkOneOf, checkOptions } from '../base/argument.ts'
import { ArgumentError } from '../base/errors.ts'
import type { ResourceLimits } from '../backend/backend.ts'
import { checkBackend } from '../backend/fitting.ts'
import { inspect } from 'node:util'
import { fileURLToPath } from 'node:url'

/** What a process runs. `args` may be left out where the target needs none. */
export type ProcessOptions<Args extends readonly unknown[], Result> = ProcessSettings & {
  /**
   * The function to run; with its captured variables it is taken over at `start()`. Without one, the class must
   * override `run()`.
   */
  readonly target?: ((...args: Args) => Result | PromiseLike<Result>) | undefined
} & ([] extends Args ? { readonly args?: Args | undefined } : { readonly args: Args })

/** Everything about a process but its work. */
export interface ProcessSettings {
  /** `'process'`, the default: an operating system process. `'thread'`: a thread of this process, sharing its memory. */
  readonly backend?: 'process' | 'thread' | undefined
  /** Default: the name of the class and a number, such as `Process-1`, or `Process-1:2` inside `Process-1`. */
  readonly name?: string | undefined
  /**
   * A daemonic process is terminated when the main program has nothing else to do, and may not start processes.
   * Default: as the process that creates it.
   */
  readonly daemon?: boolean | undefined
  /** Changes to the environment, which is else that of this process; `undefined` removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  /** Flags of Node for the process. Default: those of this process. */
  readonly execArgv?: readonly string[] | undefined
  /** The Node to run it with. Default: that of this process, or what `setExecutable` was given. */
  readonly execPath?: string | URL | undefined
  /** Folder that the process starts in. Default: that of this process. */
  readonly cwd?: string | URL | undefined
  /** Of a thread only: the size of its heap and its stack. */
  readonly resourceLimits?: ResourceLimits | undefined
  /**
   * Values of variables that the target and its helpers in the same file capture, by name, in place of those that they
   * have. Needed where the runtime cannot tell them: Node with `--permission`, Bun, Deno.
   */
  readonly captures?: Readonly<Record<string, unknown>> | undefined
  /**
   * Where its output goes: `'inherit'` (the default) writes whole lines to the output of this process, `'pipe'` gives
   * it as `stdout` and `stderr`, `'ignore'` drops it.
   */
  readonly stdio?: 'inherit' | 'pipe' | 'ignore' | undefined
}

/** How a process is killed. */
export interface KillOptions {
  /** Whether the processes that it started, at any depth, are ended along with it. Default: false. */
  readonly tree?: boolean | undefined
}

/** How a process is terminated. */
export interface TerminateOptions extends KillOptions {
  /** Milliseconds between SIGTERM and SIGKILL. Default: 5,000; `Infinity` for no SIGKILL. */
  readonly grace?: number | undefined
}

/** The options in the form in which they are kept, read once so that later changes to the object have no effect. */
export interface Plan {
  readonly backend: 'process' | 'thread'
  readonly target: ((...args: never) => unknown) | undefined
  readonly args: readonly unknown[]
  readonly name: string | undefined
  readonly daemon: boolean | undefined
  readonly env: NodeJS.ProcessEnv | undefined
  readonly execArgv: readonly string[] | undefined
  readonly execPath: string | URL | undefined
  readonly cwd: string | URL | undefined
  readonly resourceLimits: ResourceLimits | undefined
  readonly captures: Readonly<Record<string, unknown>> | undefined
  readonly stdio: 'inherit' | 'pipe' | 'ignore'
}

const known = [
  'backend',
  'target',
  'args',
  'name',
  'daemon',
  'env',
  'execArgv',
  'execPath',
  'cwd',
  'resourceLimits',
  'captures',
  'stdio',
] as const

/** Throws an `ArgumentError` for an option that is unknown or cannot be used. */
export function checkProcessOptions(
  where: string,
  given: ProcessSettings & { target?: unknown; args?: unknown },
): Plan {
  checkOptions(`The argument of ${where}`, given, known)
  const { target, args = [], name, daemon, env, execArgv, execPath, cwd, captures, stdio = 'inherit' } = given
  const { resourceLimits } = given
  const say = (option: string) => `${option} of ${where}`
  if (target !== undefined) checkFunction(say('target'), target)
  if (!Array.isArray(args)) throw bad(say('args'), 'an array of the arguments for the target', args)
  if (name !== undefined && (typeof name !== 'string' || name === '')) throw bad(say('name'), 'a text', name)
  if (daemon !== undefined) checkDaemon(say('daemon'), daemon)
  if (execArgv !== undefined && !(Array.isArray(execArgv) && execArgv.every(isCleanText))) {
    throw bad(say('execArgv'), 'an array of texts', execArgv)
  }
  if (execPath !== undefined) checkPath(say('execPath'), execPath)
  if (cwd !== undefined) checkPath(say('cwd'), cwd)
  if (captures !== undefined && (captures === null || typeof captures !== 'object')) {
    throw bad(say('captures'), 'an object of values by name', captures)
  }
  checkOneOf(say('stdio'), stdio, ['inherit', 'pipe', 'ignore'])
  return {
    backend: checkBackend(say('backend'), given.backend, ['process', 'thread'], given),
    target: target as Plan['target'],
    args: [...(args as unknown[])],
    name,
    daemon,
    env: env === undefined ? undefined : checkEnv(say('env'), env),
    execArgv: execArgv === undefined ? undefined : [...execArgv],
    execPath,
    cwd,
    resourceLimits: resourceLimits === undefined ? undefined : { ...resourceLimits },
    captures: captures === undefined ? undefined : { ...captures },
    stdio,
  }
}

export function checkTree(method: string, value: unknown): boolean {
  return value === undefined ? false : checkDaemon(`tree of ${method}`, value)
}

export function checkDaemon(name: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw bad(name, 'true or false', value)
  return value
}

/** A path as a text or as a `file:` URL. */
export function checkPath(name: string, value: unknown): string | URL {
  if (value instanceof URL ? value.protocol === 'file:' : isCleanText(value) && value !== '')
    return value as string | URL
  throw bad(name, 'a path, as a text or as a file: URL', value)
}

/** As the operating system wants it. */
export function pathOf(path: string | URL | undefined): string | undefined {
  return path instanceof URL ? fileURLToPath(path) : path
}

function checkEnv(name: string, env: unknown): NodeJS.ProcessEnv {
  if (env === null || typeof env !== 'object') throw bad(name, 'an object of texts', env)
  const copy: NodeJS.ProcessEnv = {}
  for (const [key, value] of Object.entries(env)) {
    if (value !== undefined && !isCleanText(value)) throw bad(`${name}, variable ${key},`, 'a text', value)
    copy[key] = value as string | undefined
  }
  return copy
}

// The operating system ends a text at its first NUL; Node refuses such a text only after the object was half made.
function isCleanText(value: unknown): boolean {
  return typeof value === 'string' && !value.includes('\0')
}

function bad(name: string, wanted: string, value: unknown): ArgumentError {
  return new ArgumentError(`${name} must be ${wanted}, got ${inspect(value, { depth: 0, breakLength: Infinity })}.`)
}
