import type { LoadPeer } from './peer.ts'

/** manycore itself. */
export function manycore(backend: 'process' | 'thread'): LoadPeer {
  return async () => {
    const { Pool } = await import('manycore')
    return (workers) => {
      const pool = new Pool({ processes: workers, backend })
      return {
        chunks: true,
        run: (fn, args) => pool.apply(fn as never, args as never),
        map: (fn, items) => pool.map(fn, items),
        stream: (fn, items) => pool.imap(fn, items),
        runWithin: (fn, args, limitMs) => pool.apply(fn as never, args as never, { timeout: limitMs }) as never,
        end: () => pool.terminate(),
      }
    }
  }
}
