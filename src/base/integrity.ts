/** Whether an object can be added to, and whether what it has can be changed. */
export const Integrity = { none: 0, fixed: 1, sealed: 2, frozen: 3 } as const
export type Integrity = (typeof Integrity)[keyof typeof Integrity]

export function integrityOf(object: object): Integrity {
  if (Object.isExtensible(object)) return Integrity.none
  if (isFrozen(object)) return Integrity.frozen
  // Newer versions of V8 call a view with items sealed, and refuse to seal one.
  if (ArrayBuffer.isView(object) && object.byteLength > 0 && !(object instanceof DataView)) return Integrity.fixed
  return Object.isSealed(object) ? Integrity.sealed : Integrity.fixed
}

export function setIntegrity(object: object, integrity: Integrity): void {
  if (integrity === Integrity.frozen) Object.freeze(object)
  else if (integrity === Integrity.sealed) Object.seal(object)
  else if (integrity === Integrity.fixed) Object.preventExtensions(object)
}

/**
 * Whether nothing of an object can be changed. V8 (Node 20 to 26) says so of a sealed array with read-only items although
 * its `length` can still be written.
 */
export function isFrozen(object: object): boolean {
  if (!Object.isFrozen(object)) return false
  return !Array.isArray(object) || Object.getOwnPropertyDescriptor(object, 'length')?.writable === false
}
