import type { WorkerIdentity } from '../channel/identity.ts'
import { childIdentity } from '../worker/context.ts'
import type { CheckedPoolOptions } from './options.ts'

/** Who the next worker of a pool is. */
export function identityIn({ name, maxMemory }: CheckedPoolOptions): WorkerIdentity {
  const prefix = name ?? 'PoolWorker'
  return { ...childIdentity({ prefix, role: 'pool', daemon: false }), maxMemoryBytes: maxMemory }
}
