import { loadForFunctions, serve } from './loop.ts'
import { startThread } from './thread-start.ts'

/** Everything with which a thread serves its owner; see {@link file://./process-service.ts}. */
export function serveOwner(): void {
  startThread(() => ({ serve, loadForFunctions }), true)
}
