import type { PoolFunction } from './functions.ts'
import type { Call, CallOptions } from './call.ts'
import { CallQueue, type CallEvents } from './calls.ts'
import type { Affinity } from './source.ts'

// Calls with a key are shared out among so many groups, each of which has one worker at a time.
const MOST_GROUPS = 256

/** The queues of calls: one for each priority, and for each group of keys that has calls. */
export class CallQueues {
  readonly #events: Omit<CallEvents, 'emptied'>
  readonly #queues = new Map<string, CallQueue>()
  readonly #groups = new Map<number, Affinity>()
  // The queue of all calls that say nothing.
  readonly #usual: CallQueue

  constructor(events: Omit<CallEvents, 'emptied'>) {
    this.#events = events
    this.#usual = new CallQueue({ ...events, emptied: () => {} }, 0, undefined)
    this.#queues.set('0', this.#usual)
  }

  /** Calls that no worker has. */
  get waiting(): number {
    let sum = 0
    for (const queue of this.#queues.values()) sum += queue.waiting
    return sum
  }

  /** Makes a call; throws when its arguments cannot travel. It waits from `call.terms.home.submit` on. */
  create(id: number, fn: PoolFunction, args: readonly unknown[], options?: CallOptions, site?: Error): Call {
    return this.#queueFor(options?.priority ?? 0, options?.key).create(id, fn, args, options, site)
  }

  /** From now on nothing is run again, and what comes back is settled. */
  endRetries(reasonFor: (call: Call) => unknown): void {
    for (const queue of this.#queues.values()) queue.endRetries(reasonFor)
  }

  /** Settles everything that waits. */
  clear(reasonFor: (call: Call) => unknown): void {
    for (const queue of this.#queues.values()) queue.clear(reasonFor)
  }

  #queueFor(priority: number, key: string | number | undefined): CallQueue {
    if (priority === 0 && key === undefined) return this.#usual
    const group = key === undefined ? undefined : hashOf(key) % MOST_GROUPS
    const name = group === undefined ? String(priority) : `${priority} ${group}`
    let queue = this.#queues.get(name)
    if (queue === undefined) {
      // Priorities may be times, of which no two are equal.
      const events = { ...this.#events, emptied: () => void this.#queues.delete(name) }
      queue = new CallQueue(events, priority, group === undefined ? undefined : this.#affinityOf(group))
      this.#queues.set(name, queue)
    }
    return queue
  }

  #affinityOf(group: number): Affinity {
    let affinity = this.#groups.get(group)
    if (affinity === undefined) this.#groups.set(group, (affinity = { member: undefined }))
    return affinity
  }
}

// FNV-1a.
function hashOf(key: string | number): number {
  const text = `${typeof key} ${key}`
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash >>> 0
}
