import type { Channel } from '../channel/channel.ts'
import type { WorkerIdentity } from '../channel/identity.ts'
import type { Journal } from '../channel/journal.ts'
import type { CrashDetails } from '../base/errors.ts'
import type { Marshal } from '../marshal/marshal.ts'
import type { Begun } from './launched.ts'

export type { WorkerIdentity } from '../channel/identity.ts'

/** `'process'`: an operating system process per worker. `'thread'`: a thread of this process. `'inline'`: this thread. */
export type BackendName = 'process' | 'thread' | 'inline'

/** A place where workers can live. A backend is one file that implements this. */
export interface Backend {
  readonly name: BackendName
  /** Whether a SharedArrayBuffer that is sent to its workers is the same memory there. */
  readonly sharesMemory: boolean
  /** Throws a `WorkerStartError` when it can be seen already that `spawn` would fail. */
  foresee?(options: SpawnOptions): void
  /** Starts a worker. Never throws for a reason that lies outside the arguments: `ready` and `exited` tell. */
  spawn(options: SpawnOptions): Worker
}

export interface SpawnOptions {
  readonly identity: WorkerIdentity
  /** Laid over this process's environment; `undefined` removes a variable. */
  readonly env?: NodeJS.ProcessEnv | undefined
  /** Instead of what is inherited from this process. */
  readonly execArgv?: readonly string[] | undefined
  readonly execPath?: string | undefined
  readonly cwd?: string | undefined
  /** Of threads only: the size of their heap and stack, as `node:worker_threads` has it. */
  readonly resourceLimits?: ResourceLimits | undefined
  /** Where the worker's stdout and stderr go; 'inherit' writes whole lines to this process's own. */
  readonly stdio?: 'inherit' | 'pipe' | 'ignore' | undefined
  /** A worker that is not ready by then is ended. 60 s when not given; `Infinity` waits forever. */
  readonly startTimeoutMs?: number | undefined
  /** One that was begun with these options a moment ago. */
  readonly begun?: Begun | undefined
}

/** Limits of one thread. A thread that reaches the limit of its heap ends with `ERR_WORKER_OUT_OF_MEMORY`. */
export interface ResourceLimits {
  /** Of the main heap, in MiB; at least 8. */
  readonly maxOldGenerationSizeMb?: number | undefined
  /** Of the heap for objects that were made recently, in MiB; 24 where only the one of the main heap is given. */
  readonly maxYoungGenerationSizeMb?: number | undefined
  /** Of the memory for compiled code, in MiB. */
  readonly codeRangeSizeMb?: number | undefined
  /** In MiB, at least 0.5; 4 when not given. */
  readonly stackSizeMb?: number | undefined
}

/** How a process is killed. */
export interface KillOptions {
  /**
   * Whether the processes that it started, at any depth, get the same signal, and SIGKILL when they are left after it has
   * ended. Default: false.
   */
  readonly tree?: boolean | undefined
}

export interface StopOptions {
  /** 1 s when not given. */
  readonly graceMs?: number | undefined
}

/**
 * `starting → ready ⇄ busy → stopping → stopped`; every state may go straight to `stopped`. Changed in one place,
 * {@link file://./lifecycle.ts}.
 */
export type WorkerState = 'starting' | 'ready' | 'busy' | 'stopping' | 'stopped'

/** A worker, seen from the process that owns it. */
export interface Worker {
  readonly identity: WorkerIdentity
  /** Of the process that it lives in; nothing when it could not be started. */
  readonly pid: number | undefined
  /** Why there is no pid. */
  readonly notStarted?: string | undefined
  readonly state: WorkerState
  /**
   * May be sent to from the beginning. Messages that come before `onMessage` is set are kept until it is; `ready` is
   * not passed on, and `onClose` is the backend's.
   */
  readonly channel: Channel
  /** Encodes for and decodes from this worker; knows which functions and classes it already has. */
  readonly marshal: Marshal
  /** Resolves when the worker takes tasks; rejects with `WorkerStartError` or `WorkerCrashedError` when it never will. */
  readonly ready: Promise<void>
  /** Always resolves, once, after the last message was delivered and the last output was written. */
  readonly exited: Promise<WorkerExit>
  readonly stdout: NodeJS.ReadableStream | undefined
  readonly stderr: NodeJS.ReadableStream | undefined

  /** Notes that the worker runs a task, or none. */
  setBusy(busy: boolean): void
  /** Asks with a message, after `graceMs` with SIGTERM, after another `graceMs` with SIGKILL. */
  stop(options?: StopOptions): Promise<WorkerExit>
  /** Sends a signal at once; true if it could be sent. SIGTERM when not given. */
  kill(signal?: NodeJS.Signals, options?: KillOptions): boolean
  /** What the worker noted down before it died; see {@link file://../channel/journal.ts}. To be read after `exited`. */
  readJournal(): Journal
  /** Marks what the worker holds as cancelled, in a place that it can read while its event loop is busy, if there is one. */
  markCancelled?(cancelled: boolean): void
  /** Whether what it runs now has asked if it is cancelled, or listens for that; nothing where that cannot be told. */
  isListening?(): boolean | undefined
  /** Whether a living worker keeps this process alive; a new one does. */
  ref(): void
  unref(): void
}

export interface WorkerExit extends CrashDetails {
  /** In words, for error texts: "was killed by SIGKILL, which manycore did not send (…)". */
  readonly reason: string
  /** True when the worker ended because it was asked to, or had nothing left to do, with exit code 0. */
  readonly clean: boolean
  /** True when manycore ended it because it did not become ready. */
  readonly givenUp?: boolean | undefined
  /** True when it was a thread that something else in this program ended, as SIGKILL from outside ends a process. */
  readonly terminated?: boolean | undefined
}
