import type { Worker } from 'node:worker_threads'

/**
 * Calls `made` with each thread that manycore starts from now on, and what it is given, before anybody else listens to
 * it; what somebody in the same program could do to them behind the back of manycore. The returned function ends that.
 */
export function watchThreads(made: (thread: Worker, data: unknown) => void): () => void {
  const module = process.getBuiltinModule('node:worker_threads')
  const { Worker: Thread } = module
  module.Worker = class extends Thread {
    constructor(...options: ConstructorParameters<typeof Thread>) {
      super(...options)
      made(this, options[1]?.workerData)
    }
  }
  return () => {
    module.Worker = Thread
  }
}
