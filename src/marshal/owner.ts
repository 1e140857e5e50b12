import { capture } from './capture-room.ts'
import type { Marshal } from './marshal.ts'
import type { MarshalOptions } from './peer.ts'
import { createPeer } from './peer.ts'
import { rebuild } from './rebuild-room.ts'
import type { Rooms } from './rooms.ts'

/**
 * The marshal of an owner for one worker. Capture is there from the start, because a capture is one snapshot at the
 * call; it loads the parser and the inspector itself when it first needs them. (`require()` of an ES module, the other
 * way to load it in time, would under tsx make a second instance of it with classes and state of its own.)
 * The worker's counterpart is {@link file://./worker.ts}.
 */
export function createOwnerMarshal(options: MarshalOptions = {}): Marshal {
  return createPeer(ownerRooms, options)
}

export const ownerRooms: Rooms = {
  capture,
  rebuild,
  mapStack: undefined,
  loadCapture: () => Promise.resolve(),
  loadRebuild: () => Promise.resolve(),
}
