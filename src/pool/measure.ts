import { settledWithin, type WaitOptions } from '../base/wait.ts'
import type { WorkerUsage } from '../worker/usage.ts'
import type { Member } from './member.ts'

// A worker whose event loop is free answers in less than a millisecond, also on a busy machine.
const PATIENCE_MS = 1000

/**
 * Asks each worker what it uses. Those that have not answered in time, because a task keeps their event loop busy, are
 * left out, and so are those that are not ready.
 */
export async function measure(members: readonly Member[], wait: WaitOptions): Promise<Map<Member, WorkerUsage>> {
  const usages = new Map<Member, WorkerUsage>()
  const asked = members.map(async (member) => {
    const usage = await member.askUsage()
    if (usage !== undefined) usages.set(member, usage)
  })
  await settledWithin(Promise.all(asked), { timeout: PATIENCE_MS, ...wait })
  return usages
}
