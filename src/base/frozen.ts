/**
 * Whether nothing of an object can be changed. V8 (Node 20 to 26) says so of a sealed array with read-only items although
 * its `length` can still be written.
 */
export function isFrozen(object: object): boolean {
  if (!Object.isFrozen(object)) return false
  return !Array.isArray(object) || Object.getOwnPropertyDescriptor(object, 'length')?.writable === false
}
