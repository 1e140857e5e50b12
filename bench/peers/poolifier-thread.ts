import { requirePeer } from './installed.ts'
import type { Poolifier } from './poolifier.ts'
import * as tasks from './tasks.ts'

const { ThreadWorker } = requirePeer<Poolifier>('poolifier')
export const worker: unknown = new ThreadWorker({ ...tasks })
