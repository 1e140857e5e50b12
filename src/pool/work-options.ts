import type { Payload } from '../codec/payload.ts'
import type { MapOptions } from './options.ts'

/** How the items of a map or a stream are run. */
export interface WorkOptions extends Omit<MapOptions, 'onError'> {
  /** Of the map, as its user calls it: `map`, `imap`. */
  readonly verb: string
  readonly task: number
  readonly star: boolean
  /** See `Source.isWhole`. */
  readonly isWhole: boolean
  readonly site: Error | undefined
  /** What its caller shares with it. */
  readonly shared: Payload | undefined
  /** The items go to so many workers in turns, whichever is free. */
  readonly places: number | undefined
}
