import type { SentCode } from '../capture/stacks.ts'
import { rooms } from './rooms.ts'

/** Notes where functions that were sent stand in this process's sources. One entry per script: as many as it has. */
export function rememberSentCode(all: readonly SentCode[]): void {
  for (const code of all) sent.set(`${code.scriptId}\n${code.url}`, code)
}

/** A stack of another process in terms of the sources; as it is when its source maps cannot be read. */
export function inSources(stack: string): string {
  try {
    return rooms.stacks.mapStack(stack, sent.values())
  } catch {
    return stack
  }
}

const sent = new Map<string, SentCode>()
