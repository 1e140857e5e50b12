import type { ChildProcess } from 'node:child_process'
import type { Socket } from 'node:net'
import type { MessagePort, Worker as Thread } from 'node:worker_threads'
import type { WorkerIdentity } from '../channel/identity.ts'

/** What has begun to run, or could not, for a worker that takes it over within the same turn of the event loop. */
export type Begun = BegunProcess | BegunThread

export interface BegunProcess {
  readonly identity: WorkerIdentity
  readonly launched: Launched | LaunchFailure
  /** The file for its journal, where one could be made. */
  readonly journalFd: number | undefined
}

/** A process that has begun to run. */
export interface Launched {
  readonly child: ChildProcess
  readonly pid: number
  readonly socket: Socket
  readonly stdout: Socket | undefined
  readonly stderr: Socket
  /** The folder that it is to go to. */
  readonly folder: string | undefined
}

/** Why there is none, in words; the cause comes with it. */
export interface LaunchFailure {
  readonly reason: Promise<{ readonly text: string; readonly cause: unknown }>
  /** The same, as far as it can be said at once. */
  readonly text: string
}

export interface BegunThread {
  readonly identity: WorkerIdentity
  readonly launched: LaunchedThread | LaunchFailure
}

/** A thread that has begun to run. */
export interface LaunchedThread {
  readonly thread: Thread
  readonly channel: MessagePort
  readonly output: MessagePort
  /** How many bytes of its output were not read. */
  readonly unread: SharedArrayBuffer
  readonly journal: SharedArrayBuffer
  /** A number that is not 0 as soon as the thread ends by itself. */
  readonly ownEnd: SharedArrayBuffer
}
