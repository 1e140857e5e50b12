import type { Worker as Thread } from 'node:worker_threads'
import { ArgumentError } from '../base/errors.ts'
import { textOf } from '../base/thrown-text.ts'
import type { ThreadData } from '../channel/thread-data.ts'
import type { ResourceLimits, SpawnOptions } from './backend.ts'
import { descriptorShortage } from './descriptor-shortage.ts'
import { threadEntryPath } from './entry-url.ts'
import { describeSpawnError } from './exit.ts'
import type { BegunThread } from './launched.ts'
import { privateVariables } from './spawn-options.ts'

/** What of a worker's options concerns its thread. */
export type ThreadLaunchOptions = Pick<SpawnOptions, 'identity' | 'env' | 'execArgv' | 'resourceLimits'>

/** A worker rarely has more than 32 KiB of answers that are still unsent. */
const JOURNAL_BYTES = 256 * 1024

/**
 * Starts a thread, which may be before what is needed to run a worker is loaded; see {@link file://./begin.ts}. Until it
 * is told who it is, it only waits. Throws an `ArgumentError` for options that no thread can have.
 */
export function beginThread(options: ThreadLaunchOptions): BegunThread {
  // Node may end the program where a thread is the one that lacks them.
  const shortage = descriptorShortage()
  if (shortage !== undefined)
    return failed(options, describeSpawnError(shortage as Error, 'thread', undefined, true), shortage)
  const { MessageChannel } = process.getBuiltinModule('node:worker_threads')
  const channel = new MessageChannel()
  const output = new MessageChannel()
  const unread = new SharedArrayBuffer(4)
  const ownEnd = new SharedArrayBuffer(4)
  const journal = new SharedArrayBuffer(JOURNAL_BYTES)
  const env = { ...privateVariables(), ...options.env }
  try {
    const thread = startThread(options, { channel: channel.port2, output: output.port2, unread, journal, ownEnd, env })
    const { identity } = options
    return { identity, launched: { thread, channel: channel.port1, output: output.port1, unread, journal, ownEnd } }
  } catch (error) {
    for (const { port1 } of [channel, output]) port1.close()
    if (isRefusedArgument(error)) throw refusedArgument(error, options.identity.name)
    return failed(options, whyNot(error), error)
  }
}

function failed({ identity }: ThreadLaunchOptions, text: string, cause: unknown): BegunThread {
  return { identity, launched: { reason: Promise.resolve({ text, cause }), text } }
}

function startThread({ execArgv, resourceLimits, identity }: ThreadLaunchOptions, data: ThreadData): Thread {
  const { Worker } = process.getBuiltinModule('node:worker_threads')
  return new Worker(threadEntryPath(), {
    name: identity.name,
    argv: process.argv.slice(2),
    // With `env` Node would no longer give the thread the options of this process, so the thread sets its own.
    workerData: data,
    transferList: [data.channel, data.output],
    // Nothing of it goes through Node's own streams, which lose what did not leave before the end.
    stdout: true,
    stderr: true,
    ...(execArgv === undefined ? {} : { execArgv: [...execArgv] }),
    ...(resourceLimits === undefined ? {} : { resourceLimits: limitsOf(resourceLimits) }),
  } as ConstructorParameters<typeof Worker>[1])
}

// At the limit Node gives a thread 16 MiB more until it has ended. Where more than that comes out of the young generation
// at once, which Node 24 makes large, the whole program ends instead (https://github.com/nodejs/node/issues/47224).
const YOUNG_MB = 24

function limitsOf(limits: ResourceLimits): ResourceLimits {
  if (limits.maxOldGenerationSizeMb === undefined || limits.maxYoungGenerationSizeMb !== undefined) return { ...limits }
  return { ...limits, maxYoungGenerationSizeMb: YOUNG_MB }
}

function isRefusedArgument(error: unknown): boolean {
  return (error as { code?: unknown }).code === 'ERR_WORKER_INVALID_EXEC_ARGV'
}

function refusedArgument(error: unknown, name: string): ArgumentError {
  const text = `execArgv of ${name} has something that a thread cannot have (${textOf(error)}); options of V8 and of the whole process are those of this process. Leave it out, give resourceLimits for memory, or take backend: 'process'.`
  return new ArgumentError(text, { cause: error })
}

function whyNot(error: unknown): string {
  if ((error as NodeJS.ErrnoException).code !== 'ERR_WORKER_INIT_FAILED') return textOf(error)
  return `${textOf(error)}; raise "ulimit -u" or the limit of processes of the container, or start fewer workers`
}
