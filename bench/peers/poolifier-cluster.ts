import { requirePeer } from './installed.ts'
import type { Poolifier } from './poolifier.ts'
import * as tasks from './tasks.ts'

const { ClusterWorker } = requirePeer<Poolifier>('poolifier')
export const worker: unknown = new ClusterWorker({ ...tasks })
