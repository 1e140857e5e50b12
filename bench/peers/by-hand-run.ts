import type { Reply, Request } from './by-hand.ts'
import * as tasks from './tasks.ts'

const byName = new Map<string, unknown>(Object.entries(tasks))

/** Runs what a worker by hand was sent. */
export function runByHand({ id, name, args, isChunk }: Request): Reply {
  const task = byName.get(name) as (...args: readonly unknown[]) => unknown
  return { id, value: isChunk ? args.map((item) => task(item)) : task(...args) }
}
