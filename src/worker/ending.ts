import { types } from 'node:util'
import { withoutOwnFrames } from '../base/own-frames.ts'
import { shown } from '../base/thrown-text.ts'
import { type Channel, otherEndLeft } from '../channel/channel.ts'
import { Kind } from '../channel/messages.ts'
import type { Marshal } from '../marshal/marshal.ts'
import { currentName, ownerIsGone } from './context.ts'
import type { TaskPlace } from './task-scope.ts'

/** What the end of a worker needs of its task loop, which is loaded later. */
export interface Ending {
  readonly marshal: Marshal
  /** The task whose code runs right now. */
  readonly task: TaskPlace | undefined
  /** Answers what has finished. */
  settle(): void
  /** Begins nothing more, for a worker that cannot be ended from outside. */
  abandon(): void
}

/** How an error that nobody caught is shown. */
export interface ErrorOutput {
  /** Returns when it was written. */
  write(text: string): void
  /** Ends the worker at once, before Node prints an error too, where it does. */
  end(): void
}

let ending: Ending | undefined
let output: ErrorOutput | undefined

/** What a worker has for itself after its owner has ended, where it waits for that. The reaper comes later. */
const FAREWELL_MS = 100

export function endWith(loop: Ending): void {
  ending = loop
}

/**
 * Sees to the worker's end: without an owner it ends at once, an error that nobody caught is told to the owner and
 * printed before the process ends, and what was answered leaves before the process does.
 */
export function watchEnd(channel: Channel, errors: ErrorOutput): void {
  output = errors
  // Also when the owner was killed: the system closes its end then.
  channel.onClose = (error) => {
    if (error !== undefined && !otherEndLeft(error)) {
      reportUncaught(error)
      process.exit(1)
    }
    if (ownerIsGone()) setTimeout(() => process.exit(), FAREWELL_MS)
    else process.exit()
  }
  process.on('uncaughtExceptionMonitor', (error: unknown) => {
    // A program that handles such errors itself lives on.
    if (process.listenerCount('uncaughtException') > 0 || process.hasUncaughtExceptionCaptureCallback()) return
    headStderr()
    errors.write(`${types.isNativeError(error) ? '' : 'Uncaught '}${shown(error)}\n`)
    // Else Node would print it too, below the line that failed as it was compiled here, which is not the user's.
    process.on('exit', () => errors.end())
    if (ending === undefined) return
    const place = ending.task
    ending.settle()
    const payload = ending.marshal.encodeError(error)
    const { task = 0, fn = 0, index } = place ?? {}
    const count = place === undefined ? 0 : index === undefined ? 1 : 2
    channel.send({ kind: Kind.problem, task, fn, index: index ?? 0, count, payload })
  })
  process.on('exit', () => {
    ending?.settle()
    channel.finish()
  })
}

/** As Python does it: the stack on stderr, headed by the name of the process; it is 1 that it will end with. */
export function reportUncaught(error: unknown): void {
  process.exitCode = 1
  headStderr()
  output?.write(`${withoutOwnFrames(shown(error))}\n`)
}

function headStderr(): void {
  output?.write(`Process ${currentName()}:\n`)
}
