import { loadLater } from '../later/later.ts'
import * as state from './state.ts'

type Parts = typeof import('./parts.ts')

/** What is behind a Process, loaded with the first one. */
export function inner(): Parts {
  parts ??= loadLater<Parts>(import.meta.url, '../process/parts.js', { '../process/state.js': state })
  return parts
}

let parts: Parts | undefined
