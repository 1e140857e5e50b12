import { importPeer } from './installed.ts'
import { oneByOne, type LoadPeer } from './peer.ts'

type PoolClass = new (
  workers: number,
  file: string,
  options: object,
) => { execute(data: unknown, name: string): Promise<unknown>; destroy(): Promise<void> }

type WorkerClass = new (functions: object) => unknown

export type Poolifier = Record<'FixedClusterPool' | 'FixedThreadPool', PoolClass> &
  Record<'ClusterWorker' | 'ThreadWorker', WorkerClass>

export function poolifier(kind: 'cluster' | 'thread'): LoadPeer {
  return async () => {
    const library = await importPeer<Poolifier>('poolifier')
    const PoolOfKind = kind === 'cluster' ? library.FixedClusterPool : library.FixedThreadPool
    const file = new URL(`poolifier-${kind}.${kind === 'cluster' ? 'cjs' : 'js'}`, import.meta.url).pathname
    // Without this its JSON turns a Float64Array into an object.
    const options = kind === 'cluster' ? { settings: { serialization: 'advanced' } } : {}
    return (workers) => {
      const pool = new PoolOfKind(workers, file, options)
      return oneByOne((fn, args) => pool.execute(args[0], fn.name) as never, { end: () => pool.destroy() })
    }
  }
}
