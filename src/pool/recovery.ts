import type { WorkerExit } from '../backend/backend.ts'
import { WorkerCrashedError } from '../base/errors.ts'
import type { Journal, JournalPosition } from '../channel/journal.ts'
import { Kind, type Message } from '../channel/messages.ts'
import type { Batch } from './batch.ts'
import { MOST_DEATHS, type PoolFunction } from './functions.ts'
import { HookBatch } from './hook-batch.ts'
import type { Member } from './member.ts'

// An item that was the next to run when so many workers died is what kills them.
const MOST_LOSSES = 10
// The pool itself does not kill at random: what was the next to run in two stalled workers is what stalls them.
const LOSSES_OF_A_STALL = 5

/**
 * Sees to what a dead worker held: what its journal says was finished keeps its result, the item that ran fails with
 * a `WorkerCrashedError`, and what had not begun goes back to the head of its queue.
 */
export function recover(member: Member, exit: WorkerExit): void {
  const { kept, position, building, unsent } = journalOf(member)
  try {
    for (const message of unsent) if (!isAnswered(member, message)) member.take(message)
  } catch {
    // A note that cannot be read: what it would have answered counts as running or not begun, like the rest.
  }
  const held = member.surrender()
  const deadly = held.find(({ fn }) => fn.shipped.id === building)?.fn
  if (deadly !== undefined) blame(deadly, member, exit)
  const weight = member.killedFor === undefined ? 1 : LOSSES_OF_A_STALL
  const running = held.findIndex((batch) => batch.task === position?.task && placeOf(batch, position) !== undefined)
  // From the last to the first, so that the first ends up at the head of the queue.
  for (let at = held.length - 1; at >= 0; at--) {
    const batch = held[at] as Batch
    // What was finished before the running item, but neither arrived nor stands in the journal, is lost.
    let begun = at < running && batch.isNoted ? batch.count : 0
    if (at === running) begun = (placeOf(batch, position) ?? 0) + 1
    // Where nobody noted what ran, the next item counts as running: it may fail in vain, but it never runs twice.
    if (!kept && at === 0 && batch.isNoted) begun = batch.answered + 1
    // The next to run did not begin: perhaps it cannot even be read without harm.
    const suspect = at === 0 && deadly === undefined && batch.answered >= begun
    const losses = (batch.answered === 0 ? batch.losses : 0) + (suspect ? weight : 0)
    if (losses >= MOST_LOSSES) begun = batch.answered + 1
    while (batch.answered < begun) {
      const place = batch.answered++
      batch.rejected(place, crashed(member, exit, batch, place))
    }
    if (batch.answered === batch.count) continue
    // Nobody knows which of its items ran. Should one of them be what kills, it is known the next time.
    if (!batch.isNoted) batch.fn.toNote += batch.count - batch.answered
    batch.returned(crashed(member, exit, batch, batch.answered), losses < MOST_LOSSES ? losses : 0)
  }
}

/** The worker died while it built this function, which need not have begun any of its items. */
function blame(fn: PoolFunction, member: Member, exit: WorkerExit): void {
  if (++fn.deaths < MOST_DEATHS || fn.broken !== undefined) return
  const text =
    `${fn.name}() cannot be built in a worker: ${fn.deaths} workers in a row died while they tried. The last of them, ` +
    `${endOf(member, exit)}. Look at the values that the function captures, and at the modules that it imports.`
  fn.broken = crash(text, exit, undefined)
}

/** The error of an item that is lost with its worker. */
function crashed(member: Member, exit: WorkerExit, batch: Batch, at: number): WorkerCrashedError {
  const what = batch.describe(at)
  const next = batch instanceof HookBatch ? 'Look at what it does there.' : 'Everything else goes on in another worker.'
  const text = `${what.charAt(0).toUpperCase()}${what.slice(1)} failed: its worker ${endOf(member, exit)}. ${next}`
  return crash(text, exit, batch.itemIndex(at))
}

function endOf({ killedFor }: Member, { worker, pid, reason }: WorkerExit): string {
  return `${worker}${pid === undefined ? '' : ` (pid ${pid})`} ${
    killedFor === undefined ? reason : `was killed because ${killedFor}`
  }`
}

function crash(text: string, exit: WorkerExit, itemIndex: number | undefined): WorkerCrashedError {
  const { worker, pid, exitCode, signal, stderrTail } = exit
  const tail = stderrTail.trim()
  return new WorkerCrashedError(`${text}${tail === '' ? '' : `\nThe worker's last lines on stderr:\n${tail}`}`, {
    worker,
    pid,
    exitCode,
    signal,
    stderrTail,
    itemIndex,
  })
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
