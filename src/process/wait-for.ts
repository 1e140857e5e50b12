import { inspect } from 'node:util'
import { ArgumentError } from '../base/errors.ts'
import { checkWait, settledWithin, type WaitOptions } from '../base/wait.ts'
import type { Life } from './life.ts'
import { isProcess, lifeOfSentinel, startedLife } from './state.ts'

/** What `wait()` does. */
export async function waitFor<T extends object>(objects: Iterable<T>, limit?: number | WaitOptions): Promise<T[]> {
  const options = checkWait('wait()', limit)
  const ends = [...objects].map((object) => ({ object, ...endOf(object) }))
  if (ends.length === 0) return []
  const ready = new Set<T>()
  const marks = ends.map(({ object, end }) => {
    const mark = (): void => void ready.add(object)
    return end.then(mark, mark)
  })
  const releases = ends.map(({ life }) => life?.hold())
  try {
    await settledWithin(Promise.race(marks), options)
  } finally {
    for (const release of releases) release?.()
  }
  return ends.map(({ object }) => object).filter((object) => ready.has(object))
}

function endOf(object: object): { readonly end: PromiseLike<unknown>; readonly life?: Life } {
  const life = isProcess(object) ? startedLife(object, 'wait for') : lifeOfSentinel(object)
  if (life !== undefined) return { end: life.gone, life }
  if (isThenable(object)) return { end: object }
  throw new ArgumentError(`wait() takes processes, sentinels and promises, got ${inspect(object, { depth: 0 })}.`)
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as Partial<PromiseLike<unknown>> | null)?.then === 'function'
}
