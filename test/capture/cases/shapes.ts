/** A module that the cases import: never the entry, so its exports go by reference and its state is one per worker. */
let calls = 0

export const unit = 'cm'

export function area(width: number, height: number): number {
  return width * height
}

export function countCalls(): number {
  return ++calls
}

export class Square {
  readonly side: number
  constructor(side: number) {
    this.side = side
  }
  area(): number {
    return area(this.side, this.side)
  }
}

export class Locked {
  readonly #code: number
  constructor(code: number) {
    this.#code = code
  }
  opens(code: number): boolean {
    return this.#code === code
  }
}

const internal = (x: number): string => `${x} ${unit}`

/** Uses what the module does not export. */
export function describe(x: number): string {
  return internal(x)
}

export function makeScaler(factor: number): (x: number) => number {
  return (x) => x * factor
}

export default function perimeter(width: number, height: number): number {
  return 2 * (width + height)
}

export const kExported: unique symbol = Symbol('exported')
const kHidden: unique symbol = Symbol('hidden')

/** Keeps a part of itself under symbols of this module. */
export class Marked {
  readonly [kExported]: number
  constructor(mark: number) {
    this[kExported] = mark
  }
  mark(): number {
    return this[kExported]
  }
}

export class Hiding {
  readonly [kHidden]: number
  constructor(mark: number) {
    this[kHidden] = mark
  }
  mark(): number {
    return this[kHidden]
  }
}
