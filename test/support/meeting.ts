import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Pool } from 'manycore'

/**
 * Runs the function in so many workers of the pool, in each of them once: no call goes on before all have begun, so that
 * nobody has to guess how long the last of them takes to start.
 */
export async function inEachOf<T>(pool: Pool, workers: number, fn: () => T): Promise<Awaited<T>[]> {
  const folder = mkdtempSync(join(tmpdir(), 'meeting-'))
  try {
    const call = async (n: number): Promise<Awaited<T>> => {
      writeFileSync(join(folder, String(n)), '')
      while (readdirSync(folder).length < workers) await new Promise((resolve) => setTimeout(resolve, 2))
      return await fn()
    }
    // Calls and not one map, whose items may come to one worker in a batch.
    return await Promise.all(Array.from({ length: workers }, (_, n) => pool.apply(call, [n])))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Where a task waits for its test, and the test for its task, in whichever process that runs. */
export interface Gate extends Disposable {
  /** For the task: tells that it has begun. */
  readonly reach: () => void
  /** For the task: tells that it has begun, and resolves when the gate is open. */
  readonly pass: () => Promise<void>
  /** For the test: resolves when the task has begun. */
  reached(): Promise<void>
  open(): void
}

export function makeGate(): Gate {
  const folder = mkdtempSync(join(tmpdir(), 'gate-'))
  const comer = join(folder, 'comer')
  const opener = join(folder, 'opener')
  const reach = (): void => writeFileSync(comer, '')
  return {
    reach,
    pass: async () => {
      reach()
      while (!existsSync(opener)) await new Promise((resolve) => setTimeout(resolve, 2))
    },
    reached: async () => {
      while (!existsSync(comer)) await new Promise((resolve) => setTimeout(resolve, 2))
    },
    open: () => writeFileSync(opener, ''),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  }
}
