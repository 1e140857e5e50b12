import { FrameReader } from './frame-reader.ts'
import type { JournalStore } from './journal-store.ts'
import type { Message } from './messages.ts'
import { owned } from './owned.ts'

/**
 * What a worker had begun, and what it had finished but not sent yet, at the moment it died. Written by
 * {@link file://./journal-writer.ts}, kept in {@link file://./journal-store.ts}.
 */
export interface Journal {
  /** False when there is none: then the first task without an answer is to be taken for the one that ran. */
  readonly kept: boolean
  /**
   * The task, and the item within its map, that was begun last; nothing when none was begun or the worker was idle.
   * When its answer has arrived or is in `unsent`, nothing was running. Of what was sent behind it nothing has begun,
   * except functions that need no journal because nobody can notice that they run again.
   */
  readonly position: JournalPosition | undefined
  /** The function that it was building from what it captured: nothing of what was sent behind that has begun. */
  readonly building?: number | undefined
  /**
   * Answers that were finished but perhaps had not left through the channel, in order. Some of them may have arrived
   * nevertheless: what is answered already is to be skipped.
   */
  readonly unsent: readonly Message[]
}

export interface JournalPosition {
  readonly task: number
  readonly index: number
}

/**
 * A record: byte count of its frames, salt, generation, task, index, the frames, then salt and generation once more.
 * All records of one generation follow each other from the start of the store; what stands behind them is older. A
 * write that was cut off by SIGKILL lacks the end of its record, since bytes are written in order.
 */
export const RecordAt = {
  bytes: 0, // u32
  salt: 4, // u32
  generation: 8, // f64
  task: 16, // f64; or one of `NoTask`
  index: 24, // f64
  frames: 32,
} as const

/** In place of the number of a task. */
export const NoTask = {
  /** Nothing runs. */
  idle: -1,
  /** The function whose number stands as the index is being built. */
  building: -2,
} as const

/** Behind the frames: salt (u32) inverted, generation (f64). */
export const TRAILER_BYTES = 12

/** Reads what the last worker that had the store wrote; never throws. */
export function readJournal(store: JournalStore | undefined): Journal {
  const bytes = store?.read()
  if (bytes === undefined) return { kept: false, position: undefined, unsent: [] }
  let position: JournalPosition | undefined
  let building: number | undefined
  const unsent: Message[] = []
  try {
    for (const record of records(bytes)) {
      unsent.push(...messagesOf(record.frames))
      position = record.task < 0 ? undefined : { task: record.task, index: record.index }
      building = record.task === NoTask.building ? record.index : undefined
    }
  } catch {
    // Somebody else wrote over it.
    return { kept: false, position: undefined, unsent: [] }
  }
  return { kept: true, position, building, unsent }
}

interface JournalRecord extends JournalPosition {
  readonly frames: Uint8Array
}

function* records(bytes: Uint8Array): Generator<JournalRecord> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let salt: number | undefined
  let generation: number | undefined
  let at = 0
  while (at + RecordAt.frames + TRAILER_BYTES <= bytes.length) {
    const frames = at + RecordAt.frames
    const end = frames + view.getUint32(at + RecordAt.bytes, true)
    if (end + TRAILER_BYTES > bytes.length) return
    salt ??= view.getUint32(at + RecordAt.salt, true)
    generation ??= view.getFloat64(at + RecordAt.generation, true)
    const whole =
      view.getUint32(at + RecordAt.salt, true) === salt &&
      view.getFloat64(at + RecordAt.generation, true) === generation &&
      view.getUint32(end, true) === ~salt >>> 0 &&
      view.getFloat64(end + 4, true) === generation
    if (!whole) return
    const task = view.getFloat64(at + RecordAt.task, true)
    const index = view.getFloat64(at + RecordAt.index, true)
    yield { task, index, frames: bytes.subarray(frames, end) }
    at = end + TRAILER_BYTES
  }
}

function messagesOf(frames: Uint8Array): Message[] {
  const found: Message[] = []
  const reader = new FrameReader()
  let at = 0
  while (at < frames.length) {
    const target = reader.target()
    const part = frames.subarray(at, at + target.length)
    target.set(part)
    reader.received(part.length)
    at += part.length
    for (let message = reader.next(); message !== undefined; message = reader.next()) found.push(owned(message))
  }
  reader.end()
  return found
}
