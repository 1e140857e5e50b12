import { inspect } from 'node:util'
import type { Payload } from '../codec/payload.ts'
import { Tag } from '../codec/tag.ts'
import type { Batch } from './batch.ts'

/** A task that took longer than others. */
export interface SlowTask {
  /** As errors call it: `item 3 of map(resize)`. */
  readonly task: string
  /** What it was given, as text of at most 200 characters. */
  readonly args: string
  /** Milliseconds. */
  readonly run: number
  readonly worker: string
}

const MOST_TASKS = 5
const MOST_LENGTH = 200

/** The tasks that took longest, the longest first. */
export class Slowest {
  readonly tasks: SlowTask[] = []
  #leastMs = 0

  /** The items of a batch from `at` on took so long each. */
  note(batch: Batch, at: number, count: number, run: number): void {
    const end = at + count
    for (; at < end && run > this.#leastMs; at++) {
      const task = {
        task: batch.describe(at),
        args: textOf(batch.argumentsAt(at)),
        run,
        worker: batch.holder?.name ?? '',
      }
      const place = this.tasks.findIndex((other) => other.run < run)
      this.tasks.splice(place < 0 ? this.tasks.length : place, 0, task)
      if (this.tasks.length > MOST_TASKS) this.tasks.pop()
      if (this.tasks.length === MOST_TASKS) this.#leastMs = this.tasks.at(-1)?.run ?? 0
    }
  }
}

function textOf(args: readonly unknown[] | Payload): string {
  if ('tag' in args) return cut(args.tag === Tag.json ? (args.body as string).slice(1, -1) : `(${bytesOf(args)} bytes)`)
  return cut(args.map((one) => inspect(one, { maxStringLength: MOST_LENGTH, breakLength: Infinity })).join(', '))
}

function bytesOf({ body, buffers }: Payload): number {
  return buffers.reduce((sum, { length }) => sum + length, body.length)
}

function cut(text: string): string {
  return text.length > MOST_LENGTH ? `${text.slice(0, MOST_LENGTH - 1)}…` : text
}
