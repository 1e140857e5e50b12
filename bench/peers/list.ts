import { forkByHand, threadsByHand } from './by-hand.ts'
import { jestWorker } from './jest-worker.ts'
import { manycore } from './manycore.ts'
import { multithreading } from './multithreading.ts'
import type { LoadPeer } from './peer.ts'
import { poolifier } from './poolifier.ts'
import { piscina, tinypool } from './tinypool.ts'
import { workerpool } from './workerpool.ts'

export type Kind =
  | 'manycore'
  | 'manycore, threads'
  | 'processes'
  | 'threads'
  | 'by hand'
  | 'by hand, threads'
  | 'Python'

export interface NamedPeer {
  readonly name: string
  readonly kind: Kind
  /** Absent for what is no program of Node. */
  readonly load: LoadPeer | undefined
}

/** Everything that the rows are run with, in this order. */
export const PEERS: readonly NamedPeer[] = [
  { name: 'manycore', kind: 'manycore', load: manycore('process') },
  { name: 'manycore-threads', kind: 'manycore, threads', load: manycore('thread') },
  { name: 'workerpool', kind: 'processes', load: workerpool('process') },
  { name: 'tinypool', kind: 'processes', load: tinypool('child_process') },
  { name: 'poolifier', kind: 'processes', load: poolifier('cluster') },
  { name: 'jest-worker', kind: 'processes', load: jestWorker(false) },
  { name: 'workerpool-threads', kind: 'threads', load: workerpool('thread') },
  { name: 'tinypool-threads', kind: 'threads', load: tinypool('worker_threads') },
  { name: 'poolifier-threads', kind: 'threads', load: poolifier('thread') },
  { name: 'jest-worker-threads', kind: 'threads', load: jestWorker(true) },
  { name: 'piscina', kind: 'threads', load: piscina },
  { name: 'multithreading', kind: 'threads', load: multithreading },
  { name: 'fork', kind: 'by hand', load: forkByHand('json') },
  { name: 'fork-advanced', kind: 'by hand', load: forkByHand('advanced') },
  { name: 'worker_threads', kind: 'by hand, threads', load: threadsByHand },
  { name: 'python', kind: 'Python', load: undefined },
]
