import { ValueUnsendableError } from '../base/errors.ts'
import type { CaptureGraph } from './rooms.ts'

export const capture: CaptureGraph = (value, { label }) => {
  if (typeof value === 'function') return { source: value.toString() }
  throw new ValueUnsendableError(`${label} cannot be sent yet.`, label)
}
