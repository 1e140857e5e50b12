import { Pool } from 'manycore'
import type { OpenPeer } from './peer.ts'

export const openManycore: OpenPeer = (workers) => {
  const pool = new Pool({ processes: workers })
  return {
    name: 'manycore',
    run: (fn, args) => pool.apply(fn as never, args as never),
    map: (fn, items) => pool.map(fn, items),
    end: () => pool.terminate(),
  }
}
