import { longest } from '#dist/codec/longest.js'

/** Runs this while a message carries at most so many bytes. */
export function withLongest<T>(bodyBytes: number, run: () => T): T {
  const before = longest.bodyBytes
  const restore = (): void => void (longest.bodyBytes = before)
  longest.bodyBytes = bodyBytes
  let result: T
  try {
    result = run()
  } catch (error) {
    restore()
    throw error
  }
  if (result instanceof Promise) return result.finally(restore) as T
  restore()
  return result
}
