import type { Holder } from './batch.ts'
import type { Member } from './member.ts'
import type { Source } from './source.ts'

// A worker holds about this much work, so that it does not stand still until the owner has read its answer, and
// little waits behind an item that turns out slow.
const HELD_MS = 2
const LEAST_HELD_MS = 1
// An item that takes longer than this is worth the round trip: nothing is sent ahead behind it.
const SENT_AHEAD_MS = 5
// A map holds more together as long as so many of its items wait for each worker and for each that stands behind another
// one: an item that takes ten times as long as the others is over before those are, and what stands behind it was not late.
const FAR_FROM_END = 10
const FAR_HELD_MS = 10
const FAR_ITEMS = 3
const FAR_ITEMS_MS = 60
const MOST_ITEMS_HELD = 128
const MOST_IN_BATCH = 32_768

/** Decides what is sent to whom: a ring of sources that have something to send, taken in turns. */
export class Scheduler {
  readonly #ring: Source[] = []
  readonly #members: () => readonly Member[]
  readonly #size: () => number
  #turn = 0

  /** `size`: among how many workers the work is to be shared. */
  constructor(members: () => readonly Member[], size: () => number) {
    this.#members = members
    this.#size = size
  }

  /** Items that could be sent now. */
  get waiting(): number {
    let sum = 0
    for (const source of this.#ring) sum += source.waiting
    return sum
  }

  /** How many workers more could be of use. */
  get wanted(): number {
    return this.#ring.some((source) => source.waiting > 0 && this.#lacks(source)) ? Infinity : this.waiting
  }

  /** Nothing waits but what waits for a certain worker. */
  get drained(): boolean {
    return this.#ring.every((source) => boundTo(source) !== undefined)
  }

  /** The source has something to send. May be repeated. */
  offer(source: Source): void {
    if (!this.#ring.includes(source)) this.#ring.push(source)
  }

  /** Shares out what waits: first to those that have nothing to do, then to those that soon will have. */
  shareOut(): void {
    const members = this.#members()
    for (const member of members) {
      if (this.#ring.length === 0) return
      if (member.batches.length === 0) this.#sendNext(member)
    }
    for (const member of members) {
      if (this.#ring.length === 0) return
      this.serve(member)
    }
  }

  /** Sends to one worker until it holds enough. */
  serve(member: Member): void {
    while (this.#ring.length > 0 && this.#sendNext(member)) continue
  }

  #sendNext(member: Member): boolean {
    if (member.state !== 'ready' || member.blocked || member.left <= 0) return false
    const source = this.#nextFor(member)
    if (source === undefined || !this.#fits(member, source)) return false
    const owner = source.owner
    const limitMs = source.limitMs
    const batch = source.take(Math.min(this.#share(source), member.left))
    if (source.waiting === 0) this.#drop(source)
    else this.#turn++
    if (source.affinity !== undefined) source.affinity.member = member
    if (batch !== undefined) batch.affinity = source.affinity
    const broken = batch?.fn.broken
    if (broken !== undefined) batch?.fail(() => broken)
    else if (batch?.refused !== undefined) batch.refuse(batch.refused.reason)
    else if (batch !== undefined) member.send(batch, owner, limitMs)
    return true
  }

  // Of those with the highest priority, the one whose turn it is.
  #nextFor(member: Member): Source | undefined {
    let best: Source | undefined
    let bestAt = 0
    for (let step = 0; step < this.#ring.length;) {
      const at = (this.#turn + step) % this.#ring.length
      const source = this.#ring[at] as Source
      if (source.waiting === 0) {
        this.#ring.splice(at, 1)
        if (at < this.#turn) this.#turn--
        continue
      }
      step++
      if (best !== undefined && source.priority <= best.priority) continue
      if (!this.#mayTake(member, source)) continue
      best = source
      bestAt = at
    }
    if (best !== undefined) this.#turn = bestAt
    return best
  }

  #mayTake(member: Member, source: Source): boolean {
    const bound = boundTo(source)
    if (bound !== undefined) return bound === member
    return source.affinity?.place === undefined || source.affinity.place === member.index || this.#isShrunk(source)
  }

  // The place that it belongs to is empty.
  #lacks({ affinity }: Source): boolean {
    return affinity?.place !== undefined && !this.#members().some(({ index }) => index === affinity.place)
  }

  // There were more places when it was made, and none of those that are left will become that one.
  #isShrunk(source: Source): boolean {
    return this.#lacks(source) && this.#members().length >= this.#size()
  }

  #drop(source: Source): void {
    const at = this.#ring.indexOf(source)
    if (at >= 0) this.#ring.splice(at, 1)
  }

  #fits(member: Member, source: Source): boolean {
    if (member.batches.length === 0) return true
    if (source.owner !== member.owner || source.limitMs !== undefined) return false
    const { pace } = source.fn
    if (!pace.known) return false
    if (pace.itemMs > SENT_AHEAD_MS) return false
    if (member.items >= MOST_ITEMS_HELD && member.batches.length > 1) return false
    if (member.heldMs < LEAST_HELD_MS) return true
    // One batch ahead of the one that runs, as long as enough is left for the others.
    return member.batches.length === 1 && source.waiting > this.#size() && member.heldMs < 2 * FAR_HELD_MS
  }

  // Guided self-scheduling: a share of what is left, so that the shares shrink towards the end (there is none yet where
  // more may come), and not more than is done within the time that a worker may hold.
  #share(source: Source): number {
    if (source.limitMs !== undefined) return 1
    if (source.chunkSize !== undefined) return source.chunkSize
    const { itemMs } = source.fn.pace
    const guided = Math.ceil(source.waiting / (this.#size() * (source.isOpen ? 1 : 2)))
    const share = Math.max(guided, Math.floor(source.leastMs / itemMs))
    return Math.max(1, Math.min(Math.floor(HELD_MS / itemMs), share, MOST_IN_BATCH), this.#farShare(source, itemMs))
  }

  // Each message costs both sides about as much as an item of a tenth of a millisecond.
  #farShare({ isWhole, waiting }: Source, itemMs: number): number {
    if (!isWhole || itemMs === Infinity) return 1
    const inTime = Math.max(FAR_HELD_MS / itemMs, Math.min(FAR_ITEMS, FAR_ITEMS_MS / itemMs))
    const behind = waiting / (FAR_FROM_END * this.#size())
    return Math.min(Math.floor(inTime), 1 + Math.floor(behind), MOST_ITEMS_HELD)
  }
}

// Whom it waits for: one that gets nothing new still has to be done with what it holds of the same source.
function boundTo({ affinity }: Source): Holder | undefined {
  const bound = affinity?.member
  if (bound?.isLeaving !== true) return bound
  return bound.batches.some((batch) => batch.affinity === affinity) ? bound : undefined
}
