import type { MessagePort } from 'node:worker_threads'

/** What a thread is started with. */
export interface ThreadData {
  readonly channel: MessagePort
  /** For what it writes to stdout and stderr. */
  readonly output: MessagePort
  /** How many bytes of its output its owner has not read. */
  readonly unread: SharedArrayBuffer
  readonly journal: SharedArrayBuffer
  /** A number that is not 0 as soon as the thread ends by itself. */
  readonly ownEnd: SharedArrayBuffer
  /** Changes to the environment, a copy of its owner's; `undefined` removes a variable. */
  readonly env: NodeJS.ProcessEnv
}

/** In a thread: what its owner gave it. */
export function threadData(): ThreadData {
  return process.getBuiltinModule('node:worker_threads').workerData as ThreadData
}
