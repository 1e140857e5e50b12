import { InternalError } from './errors.ts'

/** Throws an `InternalError` where a thing that must hold does not. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InternalError(message)
}
