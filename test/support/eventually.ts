import { setTimeout as sleep } from 'node:timers/promises'
import { SOON_MS } from './processes.ts'

/**
 * Resolves as soon as the check passes; rejects with what it throws when it does not within the time in which everything
 * happens. For what has no event of its own, such as a descriptor that is closed behind the last event.
 */
export async function eventually(check: () => void): Promise<void> {
  const untilMs = performance.now() + SOON_MS
  for (;;) {
    try {
      return check()
    } catch (error) {
      if (performance.now() > untilMs) throw error
    }
    await sleep(5)
  }
}
