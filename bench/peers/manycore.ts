import { Pool, type BackendName } from 'manycore'
import type { OpenPeer } from './peer.ts'

export function manycoreOn(backend: BackendName): OpenPeer {
  return (workers) => {
    const pool = new Pool({ backend, processes: workers })
    return {
      name: `manycore ${backend}`,
      run: (fn, args) => pool.apply(fn as never, args as never),
      map: (fn, items) => pool.map(fn, items),
      end: () => pool.terminate(),
    }
  }
}
