import type { WorkerExit } from '../backend/backend.ts'
import { WorkerCrashedError } from '../base/errors.ts'
import type { Journal } from '../channel/journal.ts'
import { Kind, type Message } from '../channel/messages.ts'
import type { Batch } from './batch.ts'
import type { Member } from './member.ts'

/**
 * Sees to what a dead worker held: what its journal says was finished keeps its result, the item that ran fails with
 * a `WorkerCrashedError`, and what had not begun goes back to the head of its queue.
 */
export function recover(member: Member, exit: WorkerExit): void {
  const { kept, position, unsent } = journalOf(member)
  try {
    for (const message of unsent) if (!isAnswered(member, message)) member.take(message)
  } catch {
    // A note that cannot be read: what it would have answered counts as running or not begun, like the rest.
  }
  const held = member.surrender()
  const first = held[0]
  // Where nobody noted what ran, the next item counts as running: it may fail in vain, but it never runs twice.
  const guess = !kept && first !== undefined && !first.fn.shipped.pure
  // From the last to the first, so that the first ends up at the head of the queue.
  for (const batch of held.toReversed()) {
    let running = -1
    if (guess && batch === first) running = batch.answered
    else if (position?.task === batch.task) running = position.index - batch.index
    // A result that was finished before the running item, but neither arrived nor stands in the journal, is lost.
    while (batch.answered <= running && batch.answered < batch.count) {
      const at = batch.answered++
      batch.rejected(at, crashed(member, exit, batch, at))
    }
    if (batch.answered < batch.count) batch.returned(crashed(member, exit, batch, batch.answered))
  }
}

/** The error of an item that is lost with its worker. */
function crashed(member: Member, exit: WorkerExit, batch: Batch, at: number): WorkerCrashedError {
  const what = batch.describe(at)
  const pid = exit.pid === undefined ? '' : ` (pid ${exit.pid})`
  const reason = member.killedFor === undefined ? exit.reason : `was killed because ${member.killedFor}`
  const tail = exit.stderrTail.trim()
  return new WorkerCrashedError(
    `${what.charAt(0).toUpperCase()}${what.slice(1)} failed: its worker ${exit.worker}${pid} ${reason}. ` +
      `Everything else goes on in another worker.${tail === '' ? '' : `\nThe worker's last lines on stderr:\n${tail}`}`,
    {
      worker: exit.worker,
      pid: exit.pid,
      exitCode: exit.exitCode,
      signal: exit.signal,
      stderrTail: exit.stderrTail,
      itemIndex: batch.itemIndex(at),
    },
  )
}

function journalOf(member: Member): Journal {
  try {
    return member.worker.readJournal()
  } catch {
    return { kept: false, position: undefined, unsent: [] }
  }
}

// Some of what a journal holds may have left through the channel before the worker died.
function isAnswered(member: Member, { task, kind, index }: Message): boolean {
  const head = member.batches[0]
  if (head?.task !== task) return true
  return (kind === Kind.items || kind === Kind.itemFailed) && index !== head.index + head.answered
}
