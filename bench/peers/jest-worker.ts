import { importPeer, TASKS_FILE } from './installed.ts'
import { oneByOne, type LoadPeer } from './peer.ts'

interface JestWorker {
  Worker: new (
    file: string,
    options: object,
  ) => { end(): Promise<unknown> } & Record<string, (...args: readonly unknown[]) => Promise<unknown>>
}

export function jestWorker(enableWorkerThreads: boolean): LoadPeer {
  return async () => {
    const { Worker } = await importPeer<JestWorker>('jest-worker')
    const tasks = Object.keys(await import('./tasks.ts'))
    return (workers) => {
      const pool = new Worker(TASKS_FILE, { numWorkers: workers, enableWorkerThreads, exposedMethods: tasks })
      return oneByOne((fn, args) => pool[fn.name]?.(...args) as never, { end: () => pool.end() })
    }
  }
}
