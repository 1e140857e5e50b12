import type { ChildProcess } from 'node:child_process'
import { after } from 'node:test'
import { familyOf } from './processes.ts'

/** Ends the child and all that it has started when the test that runs now ends, however it does. */
export function endWithTest<T extends ChildProcess>(child: T): T {
  after(() => killFamily(child))
  return child
}

/** Ends the child and all that it has started, unless it has ended. What holds its output open is not waited for. */
export function killFamily(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  for (const pid of familyOf(child.pid)) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It has ended meanwhile.
    }
  }
  for (const stream of child.stdio) stream?.destroy()
}
