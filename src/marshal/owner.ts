import type { Marshal } from './marshal.ts'
import type { MarshalOptions } from './peer.ts'
import { createPeer } from './peer.ts'

/** The marshal of an owner for one worker. Its counterpart is {@link file://./worker.ts}. */
export function createOwnerMarshal(options: MarshalOptions = {}): Marshal {
  return createPeer(options)
}
