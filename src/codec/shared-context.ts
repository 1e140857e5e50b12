import type { AsyncLocalStorage } from 'node:async_hooks'
import { ArgumentError } from '../base/errors.ts'

/**
 * Lets what is in an AsyncLocalStorage when a pool is called be there in the task too, and gives the storage back. The
 * name is the same in every process: where it is known already, the storage that has it is given, so that a module that
 * both sides import may call this at its top. Without a storage one is made.
 *
 * ```ts
 * import { AsyncLocalStorage } from 'node:async_hooks'
 * import { Pool, shareContext } from 'manycore'
 *
 * const request = shareContext('request', new AsyncLocalStorage<{ id: string }>())
 * await using pool = new Pool({ processes: 1 })
 * const who = () => request.getStore()?.id
 * console.log(await request.run({ id: 'r-17' }, () => pool.apply(who))) // r-17
 * ```
 *
 * Values are copied as arguments are; one that cannot travel makes the call throw. What a task enters is not seen by its
 * caller.
 *
 * @throws ArgumentError `MC_ARGUMENT_INVALID` when something is no name or no storage.
 */
export function shareContext<T>(name: string, storage?: AsyncLocalStorage<T>): AsyncLocalStorage<T> {
  if (typeof name !== 'string' || name === '') throw new ArgumentError('shareContext() needs a name that is not empty.')
  const { AsyncLocalStorage } = process.getBuiltinModule('node:async_hooks')
  if (storage !== undefined && !(storage instanceof AsyncLocalStorage))
    throw new ArgumentError('shareContext() shares an AsyncLocalStorage, and nothing else.')
  const { byName, names } = registry()
  const known = byName.get(name)
  if (known !== undefined) return known as AsyncLocalStorage<T>
  const added = storage ?? new AsyncLocalStorage<T>()
  byName.set(name, added as AsyncLocalStorage<unknown>)
  names.set(added, name)
  return added
}

/** The name that a storage is shared by. */
export function contextNameOf(value: object): string | undefined {
  return (globalThis as Holder)[KEY]?.names.get(value)
}

/** What the shared storages hold here and now, by name; nothing when none holds anything. */
export function sharedNow(): [name: string, value: unknown][] | undefined {
  const known = (globalThis as Holder)[KEY]
  if (known === undefined) return undefined
  const values: [string, unknown][] = []
  for (const [name, storage] of known.byName) {
    const value = storage.getStore()
    if (value !== undefined) values.push([name, value])
  }
  return values.length === 0 ? undefined : values
}

/** Runs it where none of the shared storages holds anything. */
export function withoutShared(fn: () => void): void {
  let run = fn
  for (const storage of (globalThis as Holder)[KEY]?.byName.values() ?? []) {
    const inner = run
    if (storage.getStore() !== undefined) run = () => storage.run(undefined, inner)
  }
  run()
}

/** What enters the storages here, with the values that `sharedNow` gave elsewhere. */
export function entering(shared: unknown): () => void {
  const values = (shared as [string, unknown][]).map(([name, value]) => [shareContext(name), value] as const)
  return () => {
    for (const [storage, value] of values) storage.enterWith(value)
  }
}

interface Registry {
  readonly byName: Map<string, AsyncLocalStorage<unknown>>
  readonly names: WeakMap<object, string>
}

// On globalThis, because a loader such as tsx makes a second instance of this module for what is required.
interface Holder {
  [KEY]?: Registry
}

const KEY: unique symbol = Symbol.for('manycore.sharedContexts') as never

function registry(): Registry {
  return ((globalThis as Holder)[KEY] ??= { byName: new Map(), names: new WeakMap() })
}
