import { textOf } from './thrown-text.ts'

/**
 * Every error that manycore throws or rejects with is a `ManycoreError`: `code` is stable and may be compared,
 * `message` says what happened, to which task or worker, and what to do next, and `cause` keeps the original.
 */
export class ManycoreError extends Error {
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }

  static {
    setName(this, 'ManycoreError')
  }
}

/** `MC_<NOUN>_<WHAT>`. A code is never renamed and never reused; docs/errors.md has a row for each. */
export type ErrorCode =
  | 'MC_ARGUMENT_INVALID'
  | 'MC_FUNCTION_UNSENDABLE'
  | 'MC_VALUE_UNSENDABLE'
  | 'MC_VALUE_UNREADABLE'
  | 'MC_CHANNEL_CLOSED'
  | 'MC_CHANNEL_CORRUPT'
  | 'MC_WORKER_START'
  | 'MC_WORKER_CRASHED'
  | 'MC_WORKER_INITIALIZER'
  | 'MC_WORKER_EXIT_HOOK'
  | 'MC_WORKER_NESTED'
  | 'MC_PROCESS_STARTED'
  | 'MC_PROCESS_NOT_STARTED'
  | 'MC_PROCESS_RUNNING'
  | 'MC_PROCESS_CLOSED'
  | 'MC_PROCESS_DAEMON'
  | 'MC_PROCESS_ENDED'
  | 'MC_POOL_CLOSED'
  | 'MC_POOL_RUNNING'
  | 'MC_POOL_BROKEN'
  | 'MC_POOL_FULL'
  | 'MC_TASK_TIMEOUT'
  | 'MC_MAP_TIMEOUT'
  | 'MC_TASK_CANCELLED'
  | 'MC_TASK_RETRIES'
  | 'MC_WAIT_TIMEOUT'
  | 'MC_REMOTE_ERROR'
  | 'MC_INTERNAL_BUG'

/** An argument or option that cannot be used. Thrown at the call, before anything is started. */
export class ArgumentError extends ManycoreError {
  constructor(message: string, options?: ErrorOptions) {
    super('MC_ARGUMENT_INVALID', message, options)
  }

  static {
    setName(this, 'ArgumentError')
  }
}

/** A function that cannot reach another process, thrown at the call; `path` leads from the function to the bad value. */
export class FunctionUnsendableError extends ManycoreError {
  readonly path: readonly string[]

  constructor(message: string, path: readonly string[], options?: ErrorOptions) {
    super('MC_FUNCTION_UNSENDABLE', message, options)
    this.path = path
  }

  static {
    setName(this, 'FunctionUnsendableError')
  }
}

/** A value that cannot travel, thrown at the call; `path` leads to it, such as `args[0].cache.client`. */
export class ValueUnsendableError extends ManycoreError {
  readonly path: string

  constructor(message: string, path: string, options?: ErrorOptions) {
    super('MC_VALUE_UNSENDABLE', message, options)
    this.path = path
  }

  static {
    setName(this, 'ValueUnsendableError')
  }
}

/** A value arrived but could not be built again. It costs its own task and nothing else. */
export class ValueUnreadableError extends ManycoreError {
  constructor(message: string, options?: ErrorOptions) {
    super('MC_VALUE_UNREADABLE', message, options)
  }

  static {
    setName(this, 'ValueUnreadableError')
  }
}

/** A channel that is closed (`MC_CHANNEL_CLOSED`) or carried something that is no message (`MC_CHANNEL_CORRUPT`). */
export class ChannelError extends ManycoreError {
  constructor(code: 'MC_CHANNEL_CLOSED' | 'MC_CHANNEL_CORRUPT', message: string, options?: ErrorOptions) {
    super(code, message, options)
  }

  static {
    setName(this, 'ChannelError')
  }
}

/** How a worker ended, as far as its operating system told. */
export interface CrashDetails {
  readonly worker: string
  readonly pid: number | undefined
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  /** The last lines that the worker wrote to stderr. */
  readonly stderrTail: string
  /** Position of the item within the map's input, when an item of a map was running. */
  readonly itemIndex?: number | undefined
}

/** A worker could not be started: a bad `execPath`, a missing loader, no memory, no free process slot. */
export class WorkerStartError extends ManycoreError {
  readonly details: Partial<CrashDetails>

  constructor(message: string, details: Partial<CrashDetails> = {}, options?: ErrorOptions) {
    super('MC_WORKER_START', message, options)
    this.details = details
  }

  static {
    setName(this, 'WorkerStartError')
  }
}

/** A worker died while it ran a task. Only that task fails; everything else goes on. */
export class WorkerCrashedError extends ManycoreError implements CrashDetails {
  readonly worker: string
  readonly pid: number | undefined
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly stderrTail: string
  readonly itemIndex: number | undefined

  constructor(message: string, details: CrashDetails, options?: ErrorOptions) {
    super('MC_WORKER_CRASHED', message, options)
    this.worker = details.worker
    this.pid = details.pid
    this.exitCode = details.exitCode
    this.signal = details.signal
    this.stderrTail = details.stderrTail
    this.itemIndex = details.itemIndex
  }

  static {
    setName(this, 'WorkerCrashedError')
  }
}

/** A call that does not fit the state of its process, pool or worker; the code says which. */
export class StateError extends ManycoreError {
  static {
    setName(this, 'StateError')
  }
}

/** A time limit passed: of a task (`MC_TASK_TIMEOUT`), a whole map (`MC_MAP_TIMEOUT`) or a wait (`MC_WAIT_TIMEOUT`). */
export class TimeoutError extends ManycoreError {
  readonly timeoutMs: number

  constructor(code: 'MC_TASK_TIMEOUT' | 'MC_MAP_TIMEOUT' | 'MC_WAIT_TIMEOUT', message: string, timeoutMs: number) {
    super(code, message)
    this.timeoutMs = timeoutMs
  }

  static {
    setName(this, 'TimeoutError')
  }
}

/** A task that was cancelled, by its owner or because its pool was terminated. */
export class CancelledError extends ManycoreError {
  constructor(message: string, options?: ErrorOptions) {
    super('MC_TASK_CANCELLED', message, options)
  }

  static {
    setName(this, 'CancelledError')
  }
}

/** A task failed in each of the attempts that its `retries` allowed; `cause` is the error of the last one. */
export class RetriesError extends ManycoreError {
  readonly attempts: number
  /** Position of the item within the map's input; nothing for a call of `apply`. */
  readonly itemIndex: number | undefined

  constructor(message: string, attempts: number, itemIndex: number | undefined, cause: unknown) {
    const last = cause instanceof Error ? `${String(cause.name)}: ${textOf(cause)}` : textOf(cause)
    super('MC_TASK_RETRIES', `${message} The last error: ${last}`, { cause })
    this.attempts = attempts
    this.itemIndex = itemIndex
  }

  static {
    setName(this, 'RetriesError')
  }
}

/** Stands in for an error of a worker whose class cannot be had here; it keeps the name, the message and the stack. */
export class RemoteError extends ManycoreError {
  /** `name` of the original error. */
  readonly remoteName: string
  /** Stack of the original error, positions mapped to the sources. */
  readonly remoteStack: string

  constructor(message: string, remoteName: string, remoteStack: string, options?: ErrorOptions) {
    super('MC_REMOTE_ERROR', message, options)
    this.remoteName = remoteName
    this.remoteStack = remoteStack
  }

  static {
    setName(this, 'RemoteError')
  }
}

/** Something that manycore promises cannot happen, did. */
export class InternalError extends ManycoreError {
  constructor(message: string, options?: ErrorOptions) {
    super('MC_INTERNAL_BUG', `${message} This is a bug in manycore: please report it with this stack.`, options)
  }

  static {
    setName(this, 'InternalError')
  }
}

// On the prototype, as for the built-in errors, so that `name` is no own field of each error.
function setName(Class: { prototype: Error }, name: string): void {
  Object.defineProperty(Class.prototype, 'name', { value: name, configurable: true, writable: true })
}
