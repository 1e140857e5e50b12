/** What a worker knows about itself; sent as the payload of `init`. */
export interface WorkerIdentity {
  readonly name: string
  /** Numbers that lead from the main process to this one: `[1, 2]` is the second child of its first child. */
  readonly path: readonly number[]
  /** A pool worker serves tasks until told to stop; a process runs one target and ends when its event loop is empty. */
  readonly role: 'pool' | 'process'
  readonly daemon: boolean
  /** 1 for a child of the main process, 2 for its children, and so on. */
  readonly depth: number
  readonly parentPid: number
  readonly parentName: string
  /** Above it the worker says that it is full. Of processes only. */
  readonly maxMemoryBytes?: number | undefined
  /** What it logs; filled in by the backend. */
  readonly logLevel?: string | undefined
  /** The folder that it is to go to, where it was not started there; filled in by the backend. */
  readonly folder?: string | undefined
  /** Of a worker that is a thread; filled in by the backend. */
  readonly threadId?: number | undefined
  /** URL of the user's main program, which no worker may run again; filled in by the backend. */
  readonly program?: string | undefined
}
