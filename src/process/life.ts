import type { Worker, WorkerExit } from '../backend/backend.ts'
import { deferred } from '../base/deferred.ts'
import { afterMs } from '../base/long-timer.ts'
import { settledWithin, type WaitOptions } from '../base/wait.ts'
import { Kind, type Message } from '../channel/messages.ts'
import type { Payload } from '../codec/payload.ts'
import type { ShippedFunction } from '../marshal/marshal.ts'
import { endedError, processExit, type ProcessExit } from './exit.ts'

/** What a process does, one call, as it was captured. */
export interface ShippedCall {
  readonly fn: ShippedFunction
  readonly args: Payload
}

/** The two things that are known of a process in the end; the first answer to each counts. */
export interface Outcome {
  readonly result: { resolve(value: unknown): void; reject(error: unknown): void }
  readonly exited: { resolve(exit: ProcessExit): void }
}

/** One process from the moment it was spawned until it is gone; changed by what its worker reports and nothing else. */
export class Life {
  /** How it ended; nothing while it is alive. */
  exit: ProcessExit | undefined

  readonly #worker: Worker
  readonly #outcome: Outcome
  readonly #callSite: Error
  readonly #keepsAlive: boolean
  readonly #gone = deferred<undefined>()
  #answered = false
  #waiting = 0
  // What was done to end it, and with which signals.
  #endedBy: string | undefined
  readonly #sent = new Set<NodeJS.Signals>()
  #releaseResult: (() => void) | undefined
  #stopEscalation: (() => void) | undefined

  /** Takes the worker over and gives it its call. */
  constructor(
    worker: Worker,
    call: ShippedCall,
    outcome: Outcome,
    options: { readonly callSite: Error; readonly keepsAlive: boolean },
  ) {
    this.#worker = worker
    this.#outcome = outcome
    this.#callSite = options.callSite
    this.#keepsAlive = options.keepsAlive
    // Its failure is told through `exited`, which always comes after it.
    worker.ready.catch(() => {})
    const definition = worker.marshal.define(call.fn)
    if (definition !== undefined) worker.channel.send(definition)
    worker.channel.send({ kind: Kind.call, task: 1, fn: call.fn.id, index: 0, count: 0, payload: call.args })
    // It begins with it although its owner may compute for long before it comes back to the event loop.
    worker.channel.flush()
  }

  get pid(): number | undefined {
    return this.#worker.pid
  }

  get stdout(): NodeJS.ReadableStream | undefined {
    return this.#worker.stdout
  }

  get stderr(): NodeJS.ReadableStream | undefined {
    return this.#worker.stderr
  }

  /** Follows the worker to its end; `onEnd` runs once, before any promise of the outcome is settled. */
  follow(onEnd: () => void): void {
    this.#worker.channel.onMessage = (message) => this.#receive(message)
    if (this.#keepsAlive) this.#worker.ref()
    else this.#worker.unref()
    void this.#worker.exited.then(async (exit) => {
      const startError = await this.#worker.ready.then(
        () => undefined,
        (error: unknown) => error,
      )
      this.#stopEscalation?.()
      this.exit = processExit(exit)
      onEnd()
      this.#settle(exit, startError)
    })
  }

  /** Resolves when it has ended; unlike `waitForEnd` it does not keep this process alive. */
  get gone(): Promise<undefined> {
    return this.#gone.promise
  }

  /** Whether it ended before the time was up; keeps this process alive meanwhile. */
  async waitForEnd(options: WaitOptions): Promise<boolean> {
    const release = this.hold()
    try {
      return await settledWithin(this.#gone.promise, options)
    } finally {
      release()
    }
  }

  /** Keeps this process alive until the returned function is called, also for the sake of a daemonic process. */
  hold(): () => void {
    if (this.#waiting++ === 0) this.#worker.ref()
    return () => {
      if (--this.#waiting === 0 && !this.#keepsAlive) this.#worker.unref()
    }
  }

  /** Keeps this process alive until the result is known, because somebody asked for it. */
  holdForResult(): void {
    if (!this.#answered && this.exit === undefined) this.#releaseResult ??= this.hold()
  }

  /** Sends a signal; `by` names the call for the error of a process that had no result yet. */
  signal(signal: NodeJS.Signals, by: string, tree = false): void {
    if (this.exit !== undefined) return
    this.#endedBy ??= by
    this.#send(signal, tree)
  }

  /** SIGTERM now, SIGKILL when it is still there after `graceMs`; with `tree` also for what it has started. */
  async terminate(graceMs: number, by: string, tree = false): Promise<void> {
    if (this.exit !== undefined) return
    this.signal('SIGTERM', by, tree)
    this.#stopEscalation?.()
    // A handler in JavaScript never runs while the process is busy, so only SIGKILL is certain.
    this.#stopEscalation = afterMs(graceMs, () => this.#send('SIGKILL', tree), false)
    await this.waitForEnd({})
  }

  #send(signal: NodeJS.Signals, tree: boolean): void {
    this.#sent.add(signal)
    this.#worker.kill(signal, { tree })
  }

  #receive(message: Message): void {
    if (message.payload === undefined || this.#answered) return
    if (message.kind === Kind.done) {
      this.#markAnswered()
      try {
        // Resolving with a promise follows it; only a value that needs modules imported gives one.
        this.#outcome.result.resolve(this.#worker.marshal.decode(message.payload))
      } catch (error) {
        this.#outcome.result.reject(error)
      }
    } else if (message.kind === Kind.failed || message.kind === Kind.problem) {
      this.#markAnswered()
      const error = this.#worker.marshal.decodeError(message.payload, this.#callSite)
      if (error instanceof Promise) this.#outcome.result.resolve(error.then(raise))
      else this.#outcome.result.reject(error)
    }
  }

  #markAnswered(): void {
    this.#answered = true
    this.#releaseResult?.()
  }

  #settle(exit: WorkerExit, startError: unknown): void {
    if (!this.#answered) {
      // One that went on after an interrupt() may have ended for another reason.
      const endedBy = exit.signal === null || this.#sent.has(exit.signal) ? this.#endedBy : undefined
      const own = endedBy === undefined ? startError : undefined
      this.#outcome.result.reject(own ?? endedError(exit, this.#worker.identity.name, endedBy))
    }
    this.#outcome.exited.resolve(this.exit ?? processExit(exit))
    this.#gone.resolve(undefined)
  }
}

function raise(error: unknown): never {
  throw error
}
