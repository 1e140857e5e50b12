import type { CodeRange, SentByFile, SentCode } from '../capture/stacks.ts'
import { rooms } from './rooms.ts'

/** Notes where functions that were sent stand in this process's sources: one entry per script, with its functions. */
export function rememberSentCode(all: readonly SentCode[]): void {
  for (const { scriptId, url, ranges } of all) {
    const key = `${scriptId}\n${url}`
    const known = sent.get(key)
    if (!known) {
      sent.set(key, { scriptId, url, ranges: [...ranges] })
      sentByFile = undefined
    } else known.ranges.push(...ranges.filter((range) => !known.ranges.some((other) => isSame(range, other))))
  }
}

/** A stack of another process in terms of the sources; as it is when its source maps cannot be read. */
export function inSources(stack: string): string {
  try {
    sentByFile ??= rooms.stacks.byFileName(sent.values())
    return rooms.stacks.mapStack(stack, sentByFile)
  } catch {
    return stack
  }
}

const sent = new Map<string, SentCode & { readonly ranges: CodeRange[] }>()
// Of all in `sent`; made for the first error since something was added.
let sentByFile: SentByFile | undefined

function isSame(a: CodeRange, b: CodeRange): boolean {
  return (
    a.start.line === b.start.line &&
    a.start.column === b.start.column &&
    a.end.line === b.end.line &&
    a.end.column === b.end.column
  )
}
