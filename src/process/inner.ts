import { load } from '../base/load.ts'

type Parts = typeof import('./parts.ts')

/** What is behind a Process, loaded with the first one. */
export function inner(): Parts {
  parts ??= load<Parts>('../process/parts.js')
  return parts
}

let parts: Parts | undefined
