import type { Marshal } from './marshal.ts'
import type { MarshalOptions } from './peer.ts'
import { createPeer } from './peer.ts'

/** The marshal of a worker for its owner. Its counterpart is {@link file://./owner.ts}. */
export function createWorkerMarshal(options: MarshalOptions = {}): Marshal {
  return createPeer(options)
}
