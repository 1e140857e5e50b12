/**
 * What was thrown, in words, for an error text. Anything can be thrown, and what has no text, or throws when it is asked
 * for it, must not stop whoever only wants to tell.
 */
export function textOf(thrown: unknown): string {
  try {
    return thrown instanceof Error ? String(thrown.message) : String(thrown)
  } catch {
    return shown(thrown)
  }
}

/** As Node shows what nobody caught, with its stack. */
export function shown(thrown: unknown): string {
  const { inspect } = process.getBuiltinModule('node:util')
  for (const customInspect of [true, false]) {
    try {
      return inspect(thrown, { customInspect })
    } catch {
      // Its own way to be shown throws.
    }
  }
  return 'something that has no text'
}
