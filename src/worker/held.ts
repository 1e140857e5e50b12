import { encodePlain, plainText, withGaps } from '../codec/codec.ts'
import { packDouble } from '../codec/numbers.ts'
import type { Payload } from '../codec/payload.ts'
import { Tag } from '../codec/tag.ts'

/**
 * The values of finished items of one chunk, in order, which wait to be answered together. They wait as they are, or,
 * where what runs next could change them, as the text that they had when they came.
 */
export class Held {
  #values: unknown[] = []
  // In place of the values from the first on that is no number; those that are undefined stand there as null.
  #texts: string[] | undefined
  #gaps: number[] = NO_GAPS

  get count(): number {
    return this.#texts === undefined ? this.#values.length : this.#texts.length
  }

  /** Adds a value that nobody changes any more. */
  keep(value: unknown): void {
    this.#values.push(value)
  }

  /** Adds a value as it is now; false when it has to be answered alone. May throw what looking at the value throws. */
  fix(value: unknown): boolean {
    if (typeof value === 'number' && this.#texts === undefined) {
      this.#values.push(value)
      return true
    }
    const isGap = value === undefined
    const text = isGap ? 'null' : plainText(value)
    // One that is long would make what is answered together too long.
    const texts = text === undefined || text.length > LONG ? undefined : (this.#texts ?? this.#asTexts())
    if (text === undefined || texts === undefined) return false
    if (isGap) (this.#gaps === NO_GAPS ? (this.#gaps = []) : this.#gaps).push(texts.length)
    texts.push(text)
    return true
  }

  /** The value that was fixed last, as an array of one. */
  get last(): Payload {
    const texts = this.#texts
    if (texts === undefined)
      return {
        tag: Tag.doubles,
        body: packDouble(this.#values[this.#values.length - 1] as number),
        buffers: NO_BUFFERS,
      }
    const at = texts.length - 1
    if (this.#gaps[this.#gaps.length - 1] === at) return GAP
    return { tag: Tag.json, body: `[${texts[at]}]`, buffers: NO_BUFFERS }
  }

  /** All of them as one array; or the values, where they cannot travel together. Holds nothing afterwards. */
  take(): Payload | readonly unknown[] {
    const texts = this.#texts
    if (texts === undefined) {
      const values = this.#values
      this.#values = []
      return plain(values) ?? values
    }
    const body = `[${texts.join(',')}]`
    const payload = this.#gaps === NO_GAPS ? { tag: Tag.json, body, buffers: NO_BUFFERS } : withGaps(body, this.#gaps)
    this.drop()
    return payload
  }

  drop(): void {
    this.#values = []
    this.#texts = undefined
    this.#gaps = NO_GAPS
  }

  // Nothing where one of the numbers has no text.
  #asTexts(): string[] | undefined {
    const texts: string[] = []
    for (const value of this.#values) {
      const text = plainText(value)
      if (text === undefined) return undefined
      texts.push(text)
    }
    this.#values = []
    return (this.#texts = texts)
  }
}

const LONG = 1024 * 1024
const NO_GAPS: number[] = []
const NO_BUFFERS: readonly Uint8Array[] = []
const GAP: Payload = withGaps('[null]', [0])

function plain(values: readonly unknown[]): Payload | undefined {
  try {
    return encodePlain(values)
  } catch {
    // What a value throws when it is looked at is told when it is answered alone.
    return undefined
  }
}
