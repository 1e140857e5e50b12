import { Integrity, setIntegrity } from '../base/integrity.ts'

/**
 * JSON of data some of whose objects and arrays are frozen, sealed or cannot be added to. `integrity` has two numbers for
 * each of those, as in a `Survey`: JSON keeps the order of keys, so that the same walk meets the same objects.
 */
export function writeProtected(value: unknown, integrity: readonly number[]): string {
  return `${integrity.join(' ')}\n${JSON.stringify(value)}`
}

export function readProtected(text: string): unknown {
  const end = text.indexOf('\n')
  const value = JSON.parse(text.slice(end + 1)) as object
  const integrity = text.slice(0, end).split(' ').map(Number)
  let next = 0
  let met = 0

  function visit(object: object): void {
    const kept = met++ === integrity[next] ? (integrity[next + 1] as Integrity) : Integrity.none
    if (kept !== Integrity.none) next += 2
    for (const item of Array.isArray(object) ? object : Object.values(object)) {
      if (typeof item === 'object' && item !== null) visit(item as object)
    }
    setIntegrity(object, kept)
  }

  visit(value)
  return value
}
