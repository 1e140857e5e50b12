import { InternalError } from '../base/errors.ts'
import type { Channel } from './channel.ts'
import { FrameWriter } from './frame-writer.ts'
import { BLOCK_BYTES, mostBytes } from './framing.ts'
import { NoTask, RecordAt, TRAILER_BYTES } from './journal.ts'
import type { JournalStore } from './journal-store.ts'
import type { Message } from './messages.ts'

/** An answer longer than this is not written to the journal: it must have left before the next item begins. */
const LONGEST_BYTES = 16 * 1024

/** Answers wait no longer than this for the microtask that sends them, so that a long item does not hold them back. */
const STALE_MS = 0.1

/** More than this is not kept back either. */
const STALE_BYTES = 32 * 1024

/**
 * A worker's notes, so that its owner knows after a SIGKILL which item was running, which are finished and which never
 * began. One write per item holds the answers since the last one and the position of the next item. For each item:
 *
 * ```ts
 * const wait = journal.settle(channel)
 * if (wait !== undefined) await wait
 * journal.begin(task, index)
 * const answer = run()
 * journal.finish(answer)
 * channel.send(answer)
 * ```
 *
 * A worker that gathers answers, to send several as one message, sends what it has gathered when they are stale before
 * `settle`, and tells `settle` whether it holds some back.
 */
export class JournalWriter {
  readonly #store: JournalStore | undefined
  readonly #writer: FrameWriter
  // The writer never changes its block here: what does not fit is not noted.
  readonly #view: DataView
  // Marks the records of this writer, and a random number is not met by chance in what stood there before.
  readonly #salt = Math.floor(Math.random() * 2 ** 32)
  #on: boolean
  #generation = 1
  #end = 0
  #noted = false
  #unsentBytes = 0
  #unsentSinceMs = 0
  // One of the answers is not in the journal.
  #left = false

  /** Without a store each answer must have left before the next item begins, which tells the owner as much. */
  constructor(store: JournalStore | undefined) {
    this.#store = store
    this.#on = store !== undefined
    this.#writer = new FrameWriter({ turn: overflow, bulk: overflow })
    this.#writer.used = RecordAt.frames
    const { buffer, byteOffset, byteLength } = this.#writer.block
    this.#view = new DataView(buffer, byteOffset, byteLength)
    this.#view.setUint32(RecordAt.salt, this.#salt, true)
    this.#view.setFloat64(RecordAt.generation, this.#generation, true)
  }

  /** Notes an answer; it is written together with the next position. */
  finish(answer: Message): void {
    if (this.#unsentBytes === 0) this.#unsentSinceMs = performance.now()
    const bytes = mostBytes(answer)
    this.#unsentBytes += bytes
    if (!this.#on || bytes > LONGEST_BYTES || this.#writer.used + bytes + TRAILER_BYTES > BLOCK_BYTES) this.#left = true
    else {
      this.#writer.write(answer)
      this.#noted = true
    }
  }

  /**
   * Writes the answers since the last call, and that this item is running from now on. False when that has failed and the
   * answers that have not left stand nowhere any more: they must leave before the item runs.
   */
  begin(task: number, index: number): boolean {
    const store = this.#store
    if (!this.#on || store === undefined) return true
    const { block, used } = this.#writer
    const bytes = used + TRAILER_BYTES
    // A DataView, because the methods of a Buffer write byte by byte.
    const view = this.#view
    view.setUint32(RecordAt.bytes, used - RecordAt.frames, true)
    view.setFloat64(RecordAt.task, task, true)
    view.setFloat64(RecordAt.index, index, true)
    view.setUint32(used, ~this.#salt >>> 0, true)
    view.setFloat64(used + 4, this.#generation, true)
    this.#writer.used = RecordAt.frames
    this.#noted = false
    if (this.#end + bytes > store.capacityBytes || !store.write(block, this.#end, bytes)) {
      // What stands there would name a wrong item from now on.
      this.#on = false
      store.erase()
      this.#left = this.#unsentBytes > 0
      return !this.#left
    }
    this.#end += bytes
    return true
  }

  /**
   * Writes that nothing is running. To be called when there is nothing to do while answers are still waiting in the
   * channel; when they have left, the answer itself tells as much.
   */
  idle(): void {
    if (this.#noted) this.begin(NoTask.idle, 0)
  }

  /** True when answers should be sent before the next item begins: they are older than that, or long. */
  isStale(ageMs: number = STALE_MS): boolean {
    if (this.#unsentBytes === 0) return false
    return this.isFull || performance.now() - this.#unsentSinceMs > ageMs
  }

  /** True when answers should be sent before the next item begins, however old they are: they are long. */
  get isFull(): boolean {
    return this.#left || this.#unsentBytes > STALE_BYTES
  }

  /**
   * Sends stale answers and forgets what has left. Gives a promise when the next item must not begin before that has
   * settled, because an answer is neither in the journal nor with the system. `held` says that some answers were not
   * given to the channel yet; `ageMs`, from when on they are stale.
   */
  settle(
    channel: Pick<Channel, 'waiting' | 'flush' | 'emptied'>,
    held = false,
    ageMs: number = STALE_MS,
  ): Promise<void> | undefined {
    if (this.#unsentBytes === 0 || held) return undefined
    if (channel.waiting > 0 && this.isStale(ageMs)) channel.flush()
    if (channel.waiting === 0) {
      this.sent()
      return undefined
    }
    if (!this.#left && this.#end + this.#unsentBytes < (this.#store?.capacityBytes ?? 0) / 2) return undefined
    return channel.emptied().then(() => this.sent())
  }

  /** Says that all answers have left: the next record is written over the first. */
  sent(): void {
    this.#writer.used = RecordAt.frames
    this.#noted = false
    this.#left = false
    this.#unsentBytes = 0
    this.#end = 0
    this.#generation++
    this.#view.setFloat64(RecordAt.generation, this.#generation, true)
  }
}

function overflow(): never {
  throw new InternalError('A journal record was longer than its block.')
}
