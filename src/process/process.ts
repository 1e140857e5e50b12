import type { KillOptions } from '../backend/backend.ts'
import { ArgumentError, StateError } from '../base/errors.ts'
import type { WaitOptions } from '../base/wait.ts'
import { inner } from './inner.ts'
import { addChild, removeChild } from './living.ts'
import type { ProcessExit } from './exit.ts'
import type { ProcessOptions, TerminateOptions } from './options.ts'
import { runInWorker } from './run.ts'
import type { TargetCall } from './spawn.ts'
import { anyState, isProcess, openState, setSentinel, setState, startedLife, type State } from './state.ts'

/** Milliseconds between SIGTERM and SIGKILL where `terminate()` is not told otherwise. */
const GRACE_MS = 5_000

/**
 * A function that runs in an operating system process of its own, with the variables it captured.
 *
 * ```ts
 * import { Process } from 'manycore'
 *
 * const greeting = 'Hello'
 * const greet = new Process({ target: (name: string) => `${greeting}, ${name}!`, args: ['Ada'] })
 * greet.start()
 * console.log(await greet.result) // Hello, Ada!
 * await greet.join()
 * console.log(greet.exitCode) // 0
 * ```
 *
 * Or a class of your own: what its `run()` returns is the result, and its fields travel along.
 *
 * Follows `multiprocessing.Process`.
 */
export class Process<Args extends readonly unknown[] = [], Result = unknown> {
  /** Throws an `ArgumentError` (`MC_ARGUMENT_INVALID`) for an option that is unknown or cannot be used. */
  constructor(options: ProcessOptions<Args, Result> = {} as ProcessOptions<Args, Result>) {
    const { checkProcessOptions, childIdentity, deferred } = inner()
    const plan = checkProcessOptions(`new ${new.target.name}()`, options)
    if (plan.target === undefined && new.target === (Process as unknown)) {
      throw new ArgumentError('new Process() needs a target: the function to run, or a subclass that overrides run().')
    }
    const identity = childIdentity({ prefix: new.target.name, name: plan.name, role: 'process', daemon: plan.daemon })
    const result = deferred<unknown>()
    // An error that nobody asks for is told on stderr by the process itself; it must not end this one.
    result.promise.catch(() => {})
    setState(this, {
      identity,
      result,
      exited: deferred<ProcessExit>(),
      daemon: identity.daemon,
      plan,
      life: undefined,
      resultWanted: false,
      closed: false,
      here: false,
    })
  }

  /**
   * What the process runs; a subclass may override it. Without that it calls the target with the arguments.
   * Runs in the new process, where `this` has the fields that the object had at `start()`.
   */
  run(): Result | PromiseLike<Result> {
    const { plan } = openState(this)
    return plan?.target?.(...(plan.args as never)) as Result
  }

  /**
   * Starts the process; the target, what it captured and the arguments are taken over now, and later changes are not
   * seen by it. Returns the object itself.
   *
   * Throws `MC_PROCESS_STARTED` the second time, `MC_PROCESS_CLOSED` after `close()`, `MC_PROCESS_DAEMON` inside a
   * daemonic process, `MC_FUNCTION_UNSENDABLE` and `MC_VALUE_UNSENDABLE` with the path to what cannot travel, and
   * `MC_WORKER_START` when the operating system refuses. A process that fails while it starts tells through `result`.
   */
  start(): this {
    const state = openState(this)
    const { plan, identity } = state
    if (plan === undefined || state.here) {
      throw new StateError('MC_PROCESS_STARTED', `Cannot start a process twice: ${identity.name} was started before.`)
    }
    const overridden = this.run !== Process.prototype.run
    const call: TargetCall = overridden
      ? { target: runInWorker, args: [this, plan.target, plan.args] }
      : { target: plan.target as TargetCall['target'], args: plan.args }
    const life = inner().spawnChild(
      { ...identity, daemon: state.daemon },
      plan,
      call,
      state,
      new Error('start() was called here'),
    )
    state.life = life
    if (state.resultWanted) life.holdForResult()
    state.plan = undefined
    setSentinel(state.exited.promise, life)
    addChild(this)
    life.follow(() => removeChild(this))
    return this
  }

  /**
   * Waits until the process has ended, for at most `timeout` milliseconds. Resolves to whether it has; the process
   * runs on when the time is up. May be called many times.
   *
   * Rejects with `MC_PROCESS_NOT_STARTED` before `start()`, `MC_PROCESS_CLOSED` after `close()`, and with the reason of
   * an aborted `signal`.
   */
  async join(limit?: number | WaitOptions): Promise<boolean> {
    const options = inner().checkWait('join()', limit)
    return await startedLife(this, 'join').waitForEnd(options)
  }

  /** Whether the process was started and has not ended. Throws `MC_PROCESS_CLOSED` after `close()`. */
  isAlive(): boolean {
    const { life, here } = openState(this)
    return here || (life !== undefined && life.exit === undefined)
  }

  /** Given at construction, or made of the class and a number: `Process-1`. */
  get name(): string {
    return anyState(this).identity.name
  }

  /** `undefined` before `start()`. Throws `MC_PROCESS_CLOSED` after `close()`. */
  get pid(): number | undefined {
    const { life, here } = openState(this)
    return here ? process.pid : life?.pid
  }

  /** Whether the process is terminated when the main program ends; may be set before `start()`. */
  get daemon(): boolean {
    return anyState(this).daemon
  }

  set daemon(daemon: boolean) {
    const state = openState(this)
    inner().checkBoolean('daemon', daemon)
    if (state.life !== undefined || state.here) {
      throw new StateError(
        'MC_PROCESS_STARTED',
        `${state.identity.name} was started: daemon can be set before start() only.`,
      )
    }
    state.daemon = daemon
  }

  /**
   * `null` before and while the process runs; then 0 after a normal end, 1 after an uncaught error, `-N` after signal
   * N, else the code that it exited with. Throws `MC_PROCESS_CLOSED` after `close()`.
   */
  get exitCode(): number | null {
    return openState(this).life?.exit?.exitCode ?? null
  }

  /** The signal that killed the process, such as `'SIGTERM'`, else `null`. Throws `MC_PROCESS_CLOSED` after `close()`. */
  get exitSignal(): NodeJS.Signals | null {
    return openState(this).life?.exit?.exitSignal ?? null
  }

  /** `'initial'` before `start()`, `'stopped'` when it has ended, `'closed'` after `close()`. May be asked at any time. */
  get state(): 'initial' | 'started' | 'stopped' | 'closed' {
    const { closed, life, here } = anyState(this)
    if (closed) return 'closed'
    if (here) return 'started'
    if (life === undefined) return 'initial'
    return life.exit === undefined ? 'started' : 'stopped'
  }

  /**
   * What the target returned. Rejects with what it threw; with `MC_WORKER_CRASHED`, which tells exit code, signal and
   * the last lines of stderr, when the process ended before the target returned; with `MC_PROCESS_ENDED` when its target
   * waits for a promise that nothing can settle any more, or when `terminate()`, `kill()` or `interrupt()` ended it; with
   * `MC_WORKER_START` when it could not begin; with `MC_PROCESS_CLOSED` when it was closed before `start()`. Need not be
   * read.
   *
   * Who reads it waits for it: until it is known the program stays alive, also for a daemonic process.
   */
  get result(): Promise<Awaited<Result>> {
    const state = anyState(this)
    state.resultWanted = true
    state.life?.holdForResult()
    return state.result.promise as Promise<Awaited<Result>>
  }

  /**
   * Resolves when the process has ended and its output has arrived. Rejects with `MC_PROCESS_CLOSED`, as `result` does,
   * for a process that was closed before it was started.
   */
  get exited(): Promise<ProcessExit> {
    return anyState(this).exited.promise
  }

  /** What `wait()` takes for this process. Throws `MC_PROCESS_NOT_STARTED` before `start()`. */
  get sentinel(): Promise<ProcessExit> {
    startedLife(this, 'wait for')
    return this.exited
  }

  /** Output of the process, with `stdio: 'pipe'` and after `start()`; else `undefined`. */
  get stdout(): NodeJS.ReadableStream | undefined {
    return openState(this).life?.stdout
  }

  /** Error output of the process, with `stdio: 'pipe'` and after `start()`; else `undefined`. */
  get stderr(): NodeJS.ReadableStream | undefined {
    return openState(this).life?.stderr
  }

  /**
   * Sends SIGTERM, and SIGKILL when the process is still there after `grace` milliseconds (default 5,000, `Infinity`
   * for never). Resolves when it has ended; need not be awaited. Does nothing when it had ended before.
   *
   * With `tree` the processes that it started, at any depth, get the same signals, and SIGKILL when they are still there
   * after it has ended. Without, those that are processes and pools of manycore end with it all the same; other programs
   * live on.
   *
   * Throws `MC_PROCESS_NOT_STARTED` before `start()` and `MC_PROCESS_CLOSED` after `close()`.
   */
  terminate(options: TerminateOptions = {}): Promise<void> {
    const { checkBoolean, checkDuration, checkOptions } = inner()
    checkOptions('The argument of terminate()', options, ['grace', 'tree'])
    const { grace = GRACE_MS, tree = false } = options
    checkDuration('grace of terminate()', grace)
    checkBoolean('tree of terminate()', tree)
    return startedLife(this, 'terminate').terminate(grace, 'terminate()', tree)
  }

  /** Sends SIGKILL, which no process survives; `tree` is that of `terminate()`, and so is what is thrown. */
  kill(options: KillOptions = {}): void {
    const { checkBoolean, checkOptions } = inner()
    checkOptions('The argument of kill()', options, ['tree'])
    const { tree = false } = options
    checkBoolean('tree of kill()', tree)
    startedLife(this, 'kill').signal('SIGKILL', 'kill()', tree)
  }

  /**
   * Sends SIGINT, as Ctrl-C does; a process that handles it may go on or end with a code of its own. Throws as
   * `terminate()` does.
   */
  interrupt(): void {
    startedLife(this, 'interrupt').signal('SIGINT', 'interrupt()')
  }

  /**
   * Releases what the object holds; afterwards only `name`, `daemon`, `state`, `result` and `exited` may be used. Does
   * nothing the second time. Throws `MC_PROCESS_RUNNING` while the process runs.
   */
  close(): void {
    const state = anyState(this)
    if (state.closed) return
    if (state.here || (state.life !== undefined && state.life.exit === undefined)) {
      throw new StateError(
        'MC_PROCESS_RUNNING',
        `Cannot close ${state.identity.name} while it is running: call join() or terminate() first.`,
      )
    }
    closeState(state)
  }

  /** `using` ends the process when the block is left: SIGTERM, then SIGKILL. */
  [Symbol.dispose](): void {
    const state = anyState(this)
    if (state.closed) return
    if (state.life === undefined || state.life.exit !== undefined) closeState(state)
    else void state.life.terminate(GRACE_MS, 'the end of its using block').then(() => closeState(state))
  }

  /** `await using` waits for the process when the block is left, then closes the object. */
  async [Symbol.asyncDispose](): Promise<void> {
    const state = anyState(this)
    await state.life?.waitForEnd({})
    if (!state.closed) closeState(state)
  }

  toString(): string {
    if (!isProcess(this)) return `<${this.constructor.name} copy>`
    const { identity, closed, life } = anyState(this)
    const parts = [`name='${identity.name}'`]
    if (!closed && this.pid !== undefined) parts.push(`pid=${this.pid}`)
    parts.push(`parent=${identity.parentPid}`, this.state)
    if (!closed && life?.exit !== undefined) parts.push(`exitCode=${inner().showExitCode(life.exit)}`)
    if (this.daemon) parts.push('daemon')
    return `<${this.constructor.name} ${parts.join(' ')}>`
  }

  // isolatedDeclarations takes no method named by a registered symbol.
  static {
    const text = { value: Process.prototype.toString, configurable: true, writable: true }
    Object.defineProperty(Process.prototype, Symbol.for('nodejs.util.inspect.custom'), text)
  }
}

function closeState(state: State): void {
  if (state.life === undefined) {
    const error = new StateError('MC_PROCESS_CLOSED', `${state.identity.name} was closed before it was started.`)
    state.result.reject(error)
    state.exited.reject(error)
    state.exited.promise.catch(() => {})
  }
  state.plan = undefined
  state.closed = true
}
