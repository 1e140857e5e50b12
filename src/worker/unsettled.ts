import { StateError } from '../base/errors.ts'
import { atNextTurn } from '../base/event-loop.ts'
import type { Channel } from '../channel/channel.ts'
import { currentName, onOwnerAwaited } from './context.ts'

/** What Node exits with where a module waits at its top for what nothing can settle any more. */
const UNSETTLED_EXIT_CODE = 13

/**
 * From now on the target of a process is waited for. Nothing but what it does itself keeps the process alive meanwhile;
 * when its event loop is empty nothing can settle its promise any more, so the process ends, and `fail` is to tell why.
 * Gives what is to be called when the promise has settled.
 */
export function watchUnsettled(channel: Channel, fail: (error: StateError) => void): () => void {
  let isDrained = false
  const drained = (): void => {
    isDrained = true
    // Another listener may have begun something more.
    atNextTurn(() => (isDrained = false)).unref()
  }
  const ended = (): void => {
    // Else somebody has called process.exit().
    if (!isDrained) return
    const { exitCode } = process
    fail(
      new StateError(
        'MC_PROCESS_ENDED',
        `${currentName()} has no result: its target waits for a promise that nothing can settle any more, because its ` +
          'event loop is empty.',
      ),
    )
    process.exitCode = exitCode === undefined || exitCode === 0 ? UNSETTLED_EXIT_CODE : exitCode
  }
  channel.unref()
  // The end of its owner comes through the channel.
  onOwnerAwaited(() => channel.ref())
  process.on('beforeExit', drained)
  process.prependListener('exit', ended)
  return () => {
    onOwnerAwaited(undefined)
    process.off('beforeExit', drained)
    process.off('exit', ended)
  }
}
