import type { Channel } from '../channel/channel.ts'

/** What differs between the places where a worker lives, seen from inside. */
export interface Home {
  readonly channel: Channel
  /** For the stacks of its errors: "process 123", "thread 4". */
  readonly place: string
  /** Whether its memory is its owner's too. */
  readonly sharesMemory: boolean
  /** Where its journal is kept: a descriptor, which may turn out to be no file, or memory. */
  readonly journal: number | SharedArrayBuffer
}
