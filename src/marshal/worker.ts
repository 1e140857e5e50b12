import type { Marshal } from './marshal.ts'
import type { MarshalOptions } from './peer.ts'
import { createPeer } from './peer.ts'
import type { CaptureGraph, RebuildGraph, Rooms } from './rooms.ts'

/**
 * The marshal of a worker for its owner. It loads capture's two halves when the first function arrives and when the
 * first rich value leaves: start time is a feature. The owner's counterpart is {@link file://./owner.ts}.
 */
export function createWorkerMarshal(options: MarshalOptions = {}): Marshal {
  return createPeer(new LazyRooms(), options)
}

class LazyRooms implements Rooms {
  capture: CaptureGraph | undefined
  rebuild: RebuildGraph | undefined
  // The owner has the source maps.
  readonly mapStack = undefined
  #loadingCapture: Promise<void> | undefined
  #loadingRebuild: Promise<void> | undefined

  loadCapture(): Promise<void> {
    return (this.#loadingCapture ??= import('./capture-room.ts').then((room) => {
      this.capture = room.capture
    }))
  }

  loadRebuild(): Promise<void> {
    return (this.#loadingRebuild ??= import('./rebuild-room.ts').then((room) => {
      this.rebuild = room.rebuild
    }))
  }
}
