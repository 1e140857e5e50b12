import { importPeer } from './installed.ts'
import { oneByOne, type LoadPeer } from './peer.ts'

interface Workerpool {
  pool(
    file: string,
    options: object,
  ): {
    exec(name: string, args: readonly unknown[]): Promise<unknown> & { timeout(ms: number): Promise<unknown> }
    terminate(force: boolean): Promise<unknown>
  }
  worker(methods: object): void
}

export function loadWorkerpool(): Promise<Workerpool> {
  return importPeer<{ default: Workerpool }>('workerpool').then((module) => module.default)
}

export function workerpool(workerType: 'process' | 'thread'): LoadPeer {
  return async () => {
    const library = await loadWorkerpool()
    return (workers) => {
      const file = new URL('workerpool-worker.js', import.meta.url).pathname
      const pool = library.pool(file, { workerType, minWorkers: workers, maxWorkers: workers })
      return oneByOne((fn, args) => pool.exec(fn.name, args) as never, {
        runWithin: (fn, args, limitMs) => pool.exec(fn.name, args).timeout(limitMs) as never,
        end: () => pool.terminate(true),
      })
    }
  }
}
