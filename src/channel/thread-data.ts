import type { MessagePort } from 'node:worker_threads'

/** What a thread is started with. */
export interface ThreadData {
  readonly channel: MessagePort
  /** For what it writes to stdout and stderr. */
  readonly output: MessagePort
  /**
   * How many bytes of its output its owner has not read, an Int32. The thread adds what it has posted, and sleeps on the
   * number while that is too much; the owner subtracts what it has read, then wakes it. Both change it atomically, so no
   * wake-up is lost; it orders nothing else, since the bytes come through the port.
   */
  readonly unread: SharedArrayBuffer
  /** See `sharedStore` in {@link file://./journal-store.ts}. */
  readonly journal: SharedArrayBuffer
  /** An Int32 that is not 0 as soon as the thread ends by itself; its owner reads it when it has ended. */
  readonly ownEnd: SharedArrayBuffer
  /** Changes to the environment, a copy of its owner's; `undefined` removes a variable. */
  readonly env: NodeJS.ProcessEnv
}

/** In a thread: what its owner gave it. */
export function threadData(): ThreadData {
  return process.getBuiltinModule('node:worker_threads').workerData as ThreadData
}
