import type { WorkerExit } from '../backend/backend.ts'
import { WorkerCrashedError } from '../base/errors.ts'
import type { Journal, JournalPosition } from '../channel/journal.ts'
import { Kind, type Message } from '../channel/messages.ts'
import type { Batch } from './batch.ts'
import { HookBatch } from './hook-batch.ts'
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
  const running = held.findIndex((batch) => batch.task === position?.task && placeOf(batch, position) !== undefined)
  // From the last to the first, so that the first ends up at the head of the queue.
  for (let at = held.length - 1; at >= 0; at--) {
    const batch = held[at] as Batch
    // What was finished before the running item, but neither arrived nor stands in the journal, is lost.
    let begun = at < running && !batch.fn.shipped.pure ? batch.count : 0
    if (at === running) begun = (placeOf(batch, position) ?? 0) + 1
    // Where nobody noted what ran, the next item counts as running: it may fail in vain, but it never runs twice.
    if (!kept && at === 0 && !batch.fn.shipped.pure) begun = batch.answered + 1
    // The next to run did not begin: perhaps it cannot even be read without harm.
    const suspect = at === 0 && batch.answered >= begun
    while (batch.answered < begun) {
      const place = batch.answered++
      if (!(batch instanceof HookBatch)) member.counts.lost++
      batch.rejected(place, crashed(member, exit, batch, place))
    }
    if (batch.answered < batch.count) batch.returned(crashed(member, exit, batch, batch.answered), suspect)
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

function placeOf(batch: Batch, position: JournalPosition | undefined): number | undefined {
  const place = (position?.index ?? -1) - batch.index
  return place >= 0 && place < batch.count ? place : undefined
}

// Some of what a journal holds may have left through the channel before the worker died.
function isAnswered(member: Member, { task, kind, index }: Message): boolean {
  const head = member.batches[0]
  if (head?.task !== task) return true
  return (kind === Kind.items || kind === Kind.itemFailed) && index !== head.index + head.answered
}
