import type { ChannelError } from '../base/errors.ts'
import { otherEndLeft } from '../channel/channel.ts'
import type { WorkerExit } from './backend.ts'

/** What is known about an end when it is put in words. */
export interface ExitFacts {
  readonly worker: string
  readonly pid: number | undefined
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly stderrTail: string
  /** Signals that manycore sent. */
  readonly sent: ReadonlySet<NodeJS.Signals>
  /** It was asked to end. */
  readonly stopping: boolean
  /** It is a thread that somebody else in this program has ended. */
  readonly terminated?: boolean | undefined
  /** What tells that its heap was full, where that is known from elsewhere than stderr. */
  readonly heap?: string | undefined
  /** It was ready once. */
  readonly began: boolean
  /** It has nothing left to do of its own accord: role `process`. */
  readonly mayEnd: boolean
  /** Why its channel could not be used any more, which ended it unless something else did before. */
  readonly channelError?: ChannelError | undefined
  /** Why manycore gave its start up and ended it. */
  readonly givenUp?: string | undefined
}

/** Tells why a worker ended, as exactly as can be known from outside. */
export function describeExit(facts: ExitFacts): WorkerExit {
  const { worker, pid, exitCode, signal, stderrTail, givenUp, terminated } = facts
  const clean = exitCode === 0 && terminated !== true && (facts.stopping || (facts.mayEnd && !isBroken(facts)))
  const reason = clean ? 'has ended' : (givenUp ?? reasonOf(facts))
  return { worker, pid, exitCode, signal, stderrTail, clean, reason, givenUp: givenUp !== undefined, terminated }
}

/** Why no process came into being, and what can be done about it. */
export function describeSpawnError(
  error: NodeJS.ErrnoException,
  file: string,
  cwd: string | undefined,
  hasFolder: boolean,
): string {
  if (!hasFolder) return `its cwd ${cwd} is no folder that can be entered (${error.code}); check cwd`
  switch (error.code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return `there is no program ${file} (${error.code}); check execPath`
    case 'EACCES':
    case 'EPERM':
    case 'ENOEXEC':
      return `${file} may not be run (${error.code}); check execPath`
    case 'EAGAIN':
      return 'the system has no free process slot (EAGAIN); raise "ulimit -u" or the limit of the container, or start fewer workers'
    case 'EMFILE':
    case 'ENFILE':
      return `no file descriptors are left (${error.code}); raise "ulimit -n", or start fewer workers`
    case 'ENOMEM':
      return 'the system has not enough memory (ENOMEM); start fewer workers'
    case 'E2BIG':
      return 'its environment and arguments are too long for the system (E2BIG); pass a smaller env'
    default:
      return error.message.replace(/\.$/, '')
  }
}

function reasonOf(facts: ExitFacts): string {
  const { exitCode, signal, stderrTail, channelError } = facts
  if (facts.heap !== undefined) {
    return `ran out of heap memory (${facts.heap}); give it more with resourceLimits: { maxOldGenerationSizeMb }, or pass it less at a time`
  }
  const heap = heapLimitText(stderrTail)
  if (heap !== undefined && exitCode !== 0) {
    return (
      `ran out of heap memory (${heap}); give it more with execArgv: ['--max-old-space-size=<MiB>'], ` +
      'or pass it less at a time'
    )
  }
  if (NO_THREADS.test(stderrTail) && signal === 'SIGABRT') {
    return 'could make no thread (raise "ulimit -u" or the limit of processes of the container, or start fewer workers)'
  }
  const endedAlone = exitCode === 0 && isBroken(facts)
  if (channelError !== undefined && (endedAlone || (signal === 'SIGKILL' && facts.sent.has(signal)))) {
    return `was ended because its channel could not be used any more: ${channelError.message.replace(/\.$/, '')}`
  }
  if (facts.terminated === true) return 'was terminated by something else in this program (worker.terminate())'
  if (signal !== null) return `was killed by ${signal}${originOf(facts, signal)}`
  if (exitCode === 0 && !facts.stopping && !facts.began) {
    return 'ended with exit code 0 (is its execPath a Node, and does nothing that is preloaded end it?)'
  }
  if (exitCode === 0) {
    return facts.stopping ? 'has ended' : 'ended by itself with exit code 0 (did it call process.exit()?)'
  }
  if (exitCode === null) return 'has ended'
  return `ended with exit code ${exitCode}${lastLine(stderrTail)}`
}

// What Node and the C library say before they abort.
const NO_THREADS = /uv_thread_create|pthread_create: Resource temporarily unavailable/

// A worker that ends while something is sent to it breaks its channel by that, not the other way round.
function isBroken({ channelError }: ExitFacts): boolean {
  return channelError !== undefined && !otherEndLeft(channelError)
}

function originOf({ sent }: ExitFacts, signal: NodeJS.Signals): string {
  if (sent.has(signal)) return ', as it was told'
  switch (signal) {
    case 'SIGKILL':
      return ', which manycore did not send (the system does this when memory runs out: see dmesg, or the memory limit of the container)'
    case 'SIGABRT':
      return ' (process.abort(), or a fatal error in Node or in native code)'
    case 'SIGSEGV':
    case 'SIGBUS':
    case 'SIGILL':
    case 'SIGFPE':
    case 'SIGTRAP':
      return ' (a fatal error in native code)'
    default:
      return ', which manycore did not send'
  }
}

// Of V8's fatal errors: "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory", and, where
// there is no room even for Node itself, "# Fatal javascript OOM in GC during deserialization", since Node 26 "# Fatal
// JavaScript out of memory: GC during deserialization".
function heapLimitText(stderr: string): string | undefined {
  return /FATAL ERROR: .*heap out of memory|Fatal javascript (?:OOM|out of memory).*/i.exec(stderr)?.[0]
}

function lastLine(stderr: string): string {
  const line = /^(?:\w*Error\b.*|Uncaught.*)$/m.exec(stderr)?.[0]
  return line === undefined ? '' : ` after an uncaught error: ${line}`
}
