import { loadForFunctions, serve } from './loop.ts'
import { startProcess } from './process-start.ts'

/**
 * Everything with which a worker process serves its owner, joined into one file. Imported, not required: what a joined file
 * requires V8 reads twice, once as the whole and once when it is first run.
 */
export function serveOwner(isReady: boolean): void {
  startProcess(() => ({ serve, loadForFunctions }), isReady)
}
