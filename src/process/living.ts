/** A started process, as far as the end of this one is concerned. */
export interface LivingProcess {
  readonly daemon: boolean
  terminate(options: { readonly grace: number; readonly tree: boolean }): Promise<void>
}

/** Shorter than that of `terminate()`: nobody waits for the daemons but the end of the program. */
const GRACE_MS = 1_000

const living = new Set<LivingProcess>()

export function livingChildren(): LivingProcess[] {
  return [...living]
}

export function addChild(child: LivingProcess): void {
  living.add(child)
  watchForTheEnd()
}

export function removeChild(child: LivingProcess): void {
  living.delete(child)
  watchForTheEnd()
}

/** Listens for the end of the program exactly as long as there is a daemon to end. */
function watchForTheEnd(): void {
  process.off('beforeExit', endDaemons)
  if ([...living].some((child) => child.daemon)) process.on('beforeExit', endDaemons)
}

// Runs when the event loop is empty, so all other children have ended. The daemons are asked with SIGTERM, as in
// Python, and the program lives until they are gone; after process.exit() or a crash the backend ends them.
function endDaemons(): void {
  for (const child of living) if (child.daemon) void child.terminate({ grace: GRACE_MS, tree: true })
}
