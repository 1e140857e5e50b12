import {
  badArgument,
  checkArray,
  checkBoolean,
  checkDuration,
  checkFunction,
  checkInteger,
  checkOneOf,
  checkOptions,
  checkRecord,
  checkSignal,
  takeOptions,
} from '../base/argument.ts'
import type { BackendName, ResourceLimits } from '../backend/backend.ts'
import { checkBackend } from '../backend/fitting.ts'
import {
  type CheckedSurroundings,
  checkSurroundings,
  SURROUNDINGS,
  type Surroundings,
} from '../backend/surroundings.ts'
import { ArgumentError } from '../base/errors.ts'
import type { Progress } from './progress.ts'
import { checkRetries, type RetryOptions } from './retries.ts'
import type { PreloadErrors } from '../worker/preload.ts'
import { checkPreload } from './preload.ts'
import { checkSize, type CheckedSize, type PoolSize } from './size.ts'

/** How a pool is made. Times are milliseconds. */
export interface PoolOptions extends Surroundings {
  /**
   * Where its workers live. `'process'`, the default: an operating system process each. `'thread'`: threads of this
   * process, which share its memory. `'inline'`: this very thread, for debugging and for tests; an endless loop blocks.
   */
  readonly backend?: BackendName | undefined
  /**
   * The most workers at once; they are started when there is work for them. Default: `cpuCount()`. With
   * `{ min, max, idleTimeout }` those above `min` end when they had nothing to do for that long.
   */
  readonly processes?: number | PoolSize | undefined
  /**
   * Runs once in each worker before its first task; may be async. Captured when the pool is made. What it returns is
   * `currentWorker().state` for the tasks of that worker, and need not be able to travel.
   */
  readonly initializer?: ((...args: never[]) => unknown) | undefined
  readonly initializerArgs?: readonly unknown[] | undefined
  /** Milliseconds that the initializer may take, before its worker is killed and another one tried. Default: `Infinity`. */
  readonly initializerTimeout?: number | undefined
  /**
   * Modules that each worker imports before its first task, and before the initializer: names of packages as the main
   * program sees them, URLs, or absolute paths. `import.meta.resolve('./heavy.js')` gives the URL of a file of your own.
   */
  readonly preload?: readonly (string | URL)[] | undefined
  /**
   * What a module of `preload` that cannot be imported does: `'throw'`, the default: it fails the worker as an
   * initializer that throws. `'warn'`: a warning on the worker's stderr. `'ignore'`: nothing.
   */
  readonly preloadErrors?: PreloadErrors | undefined
  /**
   * Runs once in each worker that ends in good order, after its last task; may be async. What it returns is collected
   * in `pool.exitResults`.
   */
  readonly onExit?: (() => unknown) | undefined
  /** Milliseconds that `onExit` may take, before its worker is killed. Default: 60,000. */
  readonly onExitTimeout?: number | undefined
  /** A worker is replaced after so many tasks; each item of a map counts. Default: never. */
  readonly maxTasksPerWorker?: number | undefined
  /**
   * So many tasks of `apply` may wait for a worker; the next call throws a `StateError` (`MC_POOL_FULL`). Await
   * `pool.room()` before each call. Default: no limit.
   */
  readonly maxQueue?: number | undefined
  /**
   * Bytes: a worker that holds more (resident memory, garbage included) when a task has ended is replaced. Processes
   * only. Default: no limit.
   */
  readonly maxMemory?: number | undefined
  /**
   * Milliseconds: a worker that gives no sign of life for so long, because it was stopped or its event loop is blocked, is
   * killed and replaced. Tasks that compute for longer without a break must not have it. Default: `Infinity`.
   */
  readonly stallTimeout?: number | undefined
  /**
   * Whether a worker more is kept started, which takes the place of one that has to be replaced at once. Default: from
   * the moment on that the first one had to be replaced.
   */
  readonly spare?: boolean | undefined
  /** `false`: workers end as soon as nothing is pending, so that the next call finds a fresh state. Default: `true`. */
  readonly keepAlive?: boolean | undefined
  /** Workers are called `<name>-1`, `<name>-2` … Default: `PoolWorker`. */
  readonly name?: string | undefined
  /** Of threads only: the size of the heap and the stack of each. */
  readonly resourceLimits?: ResourceLimits | undefined
  /**
   * Values of variables that the pool's functions and their helpers in the same file capture, by name, in place of those
   * that they have. Needed where the runtime cannot tell them: Node with `--permission`, Bun, Deno.
   */
  readonly captures?: Readonly<Record<string, unknown>> | undefined
}

/** Options of all calls. */
export interface TaskOptions {
  /**
   * Milliseconds that the task may run, from when it starts. After that it fails with a `TimeoutError`
   * (`MC_TASK_TIMEOUT`), and its worker is killed and replaced; at once, or, where the task has asked for
   * `currentTask().signal`, when it has not ended `grace` after that fired.
   */
  readonly timeout?: number | undefined
  /**
   * Gives the task up: its promise rejects with the signal's reason at once. What becomes of a task that runs is as after
   * its `timeout`.
   */
  readonly signal?: AbortSignal | undefined
  /**
   * Milliseconds between telling a task to end and killing its worker. Only a task that listens has them: one that has
   * asked for `currentTask().signal`, `isCancelled` or `throwIfCancelled()` before that. Of any other the worker is killed
   * at once. Default: 200; 0 kills at once in any case.
   */
  readonly grace?: number | undefined
  /**
   * How often the task is run again when its worker was lost, or, with `on`, for any error that you choose; a bare number
   * is the `limit`. When the last attempt fails too, the error is a `RetriesError` (`MC_TASK_RETRIES`).
   * `currentTask().attempt` tells the task which one it is. Default: 0, nothing runs twice.
   */
  readonly retries?: number | RetryOptions | undefined
  /** What has a higher one is sent to a worker first, from all that waits; what runs is not interrupted. Default: 0. */
  readonly priority?: number | undefined
}

/** Options of `apply`. */
export interface ApplyOptions extends TaskOptions {
  /**
   * Tasks with the same key run in the same worker as long as it lives, one after the other in the order of their calls,
   * so that one can find what another left there. Other tasks may run there in between.
   */
  readonly key?: string | number | undefined
}

/** Options of `map` and `starmap`. */
export interface MapOptions extends TaskOptions {
  /**
   * Milliseconds that the whole call may take. After that what is not done is given up, and the call fails with a
   * `TimeoutError` (`MC_MAP_TIMEOUT`); the reader of a stream gets it behind the results that are there. Default:
   * `Infinity`.
   */
  readonly totalTimeout?: number | undefined
  /**
   * `'free'`, the default: each worker takes what is next. `'fixed'`: of n workers the worker in place k
   * (`currentWorker().index`) gets the chunks k, k + n, k + 2 n, … and no others, and where it is replaced, the one that
   * takes its place. A chunk is one item then, unless `chunkSize` is given.
   */
  readonly order?: 'free' | 'fixed' | undefined
  /**
   * Called with what has been done so far: at most ten times a second, and with the last item before the call settles.
   * What it throws ends the call with that error.
   */
  readonly progress?: ((progress: Progress) => void) | undefined
  /**
   * How many items there will be, for `progress` and the `length` of a stream, where the source is a generator or a stream
   * that cannot tell. It need not be right.
   */
  readonly length?: number | undefined
  /** Items that travel together. Default: adapted to how long an item takes and how many are left. */
  readonly chunkSize?: number | undefined
  /**
   * `'throw'`, the default: when every item was dealt with, the error of the first item that failed is thrown.
   * `'settle'`: the results are those of `Promise.allSettled`.
   */
  readonly onError?: 'throw' | 'settle' | undefined
}

/** Options of `imap` and `imapUnordered`. */
export interface StreamOptions extends MapOptions {
  /**
   * How many items at most have been pulled from the source, and not been read as results. Default: adapted to how
   * long an item takes, between twice the number of workers and 32,768.
   */
  readonly buffer?: number | undefined
}

/** Pool options with everything checked. */
export interface CheckedPoolOptions extends Omit<PoolOptions, keyof Surroundings>, CheckedSurroundings {
  readonly backend: BackendName
  readonly size: CheckedSize
  readonly initializerArgs: readonly unknown[]
  readonly preload: readonly string[]
  readonly preloadErrors: PreloadErrors
  readonly initializerTimeout: number
  readonly onExitTimeout: number
  readonly stallTimeout: number
  readonly maxTasksPerWorker: number
}

export function checkPoolOptions(given: PoolOptions = {}): CheckedPoolOptions {
  checkOptions('The argument of new Pool()', given, POOL_OPTIONS)
  const options = takeOptions(given, POOL_OPTIONS)
  const { initializer, onExit, maxQueue, maxMemory, maxTasksPerWorker, keepAlive, spare, name, captures } = options
  const { initializerArgs = [], preloadErrors = 'throw', initializerTimeout = Infinity } = options
  const { onExitTimeout = ON_EXIT_MS, stallTimeout = Infinity, resourceLimits } = options
  if (initializer !== undefined) checkFunction('initializer', initializer)
  if (maxQueue !== undefined) checkInteger('maxQueue', maxQueue, 1)
  checkArray('initializerArgs', initializerArgs)
  if (onExit !== undefined) checkFunction('onExit', onExit)
  if (maxMemory !== undefined) {
    checkInteger('maxMemory', maxMemory, 1)
    if ((options.backend ?? 'process') !== 'process')
      throw new ArgumentError('maxMemory is for processes: threads share their memory. Give threads resourceLimits.')
  }
  if (keepAlive !== undefined) checkBoolean('keepAlive', keepAlive)
  if (spare !== undefined) checkBoolean('spare', spare)
  if (name !== undefined && (typeof name !== 'string' || name === ''))
    throw badArgument('name', 'a text that is not empty', name)
  if (captures !== undefined) checkRecord('captures', 'an object of values by name', captures)
  return {
    ...options,
    ...checkSurroundings((option) => option, options),
    backend: checkBackend('backend', options.backend, BACKENDS, options),
    size: checkSize('processes', options.processes),
    // As they are now: workers that start later get them too.
    resourceLimits: resourceLimits === undefined ? undefined : { ...resourceLimits },
    captures: captures === undefined ? undefined : { ...captures },
    initializerArgs,
    preload: checkPreload(options.preload),
    preloadErrors: checkOneOf('preloadErrors', preloadErrors, ['throw', 'warn', 'ignore']),
    initializerTimeout: checkLimit('initializerTimeout', initializerTimeout),
    onExitTimeout: checkLimit('onExitTimeout', onExitTimeout),
    stallTimeout: checkLimit('stallTimeout', stallTimeout),
    maxTasksPerWorker:
      maxTasksPerWorker === undefined ? Infinity : checkInteger('maxTasksPerWorker', maxTasksPerWorker, 1),
  }
}

export function checkApplyOptions(method: string, given: ApplyOptions | undefined): ApplyOptions | undefined {
  if (given === undefined) return undefined
  checkOptions(`The last argument of ${method}`, given, APPLY_OPTIONS)
  const options = takeOptions(given, APPLY_OPTIONS)
  checkCommon(options)
  if (options.key !== undefined && typeof options.key !== 'string' && !Number.isFinite(options.key))
    throw badArgument('key', 'a text or a finite number', options.key)
  return options
}

export function checkMapOptions(method: string, given: MapOptions = {}): MapOptions {
  checkOptions(`The last argument of ${method}`, given, MAP_OPTIONS)
  const options = takeOptions(given, MAP_OPTIONS)
  checkMapping(options)
  return options
}

export function checkStreamOptions(method: string, given: StreamOptions = {}): StreamOptions {
  checkOptions(`The last argument of ${method}`, given, STREAM_OPTIONS)
  const options = takeOptions(given, STREAM_OPTIONS)
  checkMapping(options)
  if (options.buffer !== undefined) checkInteger('buffer', options.buffer, 1)
  return options
}

const ON_EXIT_MS = 60_000

const TASK_OPTIONS = ['timeout', 'signal', 'grace', 'retries', 'priority'] as const
const APPLY_OPTIONS = [...TASK_OPTIONS, 'key'] as const
const MAP_OPTIONS = [...TASK_OPTIONS, 'chunkSize', 'onError', 'totalTimeout', 'order', 'progress', 'length'] as const
const STREAM_OPTIONS = [...MAP_OPTIONS, 'buffer'] as const
const BACKENDS: readonly BackendName[] = ['process', 'thread', 'inline']
/** The names of those of a pool. */
export const POOL_OPTIONS: readonly (keyof PoolOptions)[] = [
  'backend',
  'processes',
  'initializer',
  'initializerArgs',
  'initializerTimeout',
  'preload',
  'preloadErrors',
  'onExit',
  'onExitTimeout',
  'maxTasksPerWorker',
  'maxQueue',
  'maxMemory',
  'stallTimeout',
  'keepAlive',
  'spare',
  'name',
  ...SURROUNDINGS,
  'resourceLimits',
  'captures',
]

function checkMapping(options: MapOptions): void {
  checkCommon(options)
  if (options.chunkSize !== undefined) checkInteger('chunkSize', options.chunkSize, 1)
  if (options.onError !== undefined) checkOneOf('onError', options.onError, ['throw', 'settle'])
  if (options.order !== undefined) checkOneOf('order', options.order, ['free', 'fixed'])
  if (options.totalTimeout !== undefined) checkLimit('totalTimeout', options.totalTimeout)
  if (options.progress !== undefined) checkFunction('progress', options.progress)
  if (options.length !== undefined) checkInteger('length', options.length, 0)
}

function checkCommon(options: TaskOptions): void {
  checkSignal('signal', options.signal)
  if (options.grace !== undefined) checkDuration('grace', options.grace)
  checkRetries(options.retries)
  if (options.priority !== undefined && !Number.isFinite(options.priority))
    throw badArgument('priority', 'a finite number', options.priority)
  if (options.timeout === undefined) return
  checkLimit('timeout', options.timeout)
}

function checkLimit(name: string, value: unknown): number {
  const ms = checkDuration(name, value)
  if (ms <= 0) throw new ArgumentError(`${name} must be more than 0 ms, got ${ms}.`)
  return ms
}
