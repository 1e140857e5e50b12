import type { CodeRange, SentCode } from '../capture/stacks.ts'
import { rooms } from './rooms.ts'

/** Notes where functions that were sent stand in this process's sources: one entry per script, with its functions. */
export function rememberSentCode(all: readonly SentCode[]): void {
  for (const { scriptId, url, ranges } of all) {
    const key = `${scriptId}\n${url}`
    const known = sent.get(key)
    if (!known) sent.set(key, { scriptId, url, ranges: [...ranges] })
    else known.ranges.push(...ranges.filter((range) => !known.ranges.some((other) => isSame(range, other))))
  }
}

/** A stack of another process in terms of the sources; as it is when its source maps cannot be read. */
export function inSources(stack: string): string {
  try {
    return rooms.stacks.mapStack(stack, sent.values())
  } catch {
    return stack
  }
}

const sent = new Map<string, SentCode & { readonly ranges: CodeRange[] }>()

function isSame(a: CodeRange, b: CodeRange): boolean {
  return (
    a.start.line === b.start.line &&
    a.start.column === b.start.column &&
    a.end.line === b.end.line &&
    a.end.column === b.end.column
  )
}
