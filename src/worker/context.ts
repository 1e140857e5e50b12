import { StateError } from '../base/errors.ts'
import type { WorkerIdentity } from '../channel/identity.ts'

// Each level costs a whole process; a program that nests deeper is far more likely to be one that starts itself.
const DEEPEST = 10

/** Called once, by a worker's loop when `init` has arrived. */
export function enterWorker(who: WorkerIdentity): void {
  state().identity = who
}

/** What a worker of a pool knows about itself besides. */
export interface WorkerRecord {
  /** Its place in its pool, from 0. */
  readonly index: number
  /** What the initializer returned. */
  state: unknown
  /** How many tasks have begun. */
  readonly begun: number
}

/** Called when a worker takes its place in a pool. */
export function enterPool(who: WorkerIdentity, record: WorkerRecord): void {
  state().records.set(who, record)
}

/** The record of the worker that this code runs in, if that is one of a pool. */
export function currentRecord(): WorkerRecord | undefined {
  const who = currentIdentity()
  return who && state().records.get(who)
}

/** Who this worker is; nothing in the main process. */
export function currentIdentity(): WorkerIdentity | undefined {
  const { findInline, identity } = state()
  return findInline?.() ?? identity
}

/** Several inline workers share a thread: `find` tells which of them is running now, if any. */
export function findInlineIdentity(find: () => WorkerIdentity | undefined): void {
  state().findInline = find
}

/** Resolves when the owner of this worker has ended, however it did. */
export function whenOwnerGone(): Promise<void> {
  const here = state()
  here.ownerAwaited?.()
  if (here.ownerGone === undefined) {
    let resolve = (): void => {}
    const promise = new Promise<void>((resolved) => (resolve = resolved))
    here.ownerGone = { promise, resolve }
  }
  return here.ownerGone.promise
}

/** Calls `awaited` whenever somebody waits for that, also where that was before; nothing ends it. */
export function onOwnerAwaited(awaited: (() => void) | undefined): void {
  const here = state()
  here.ownerAwaited = awaited
  if (here.ownerGone !== undefined) awaited?.()
}

/** Called when the channel has ended; true if somebody waits for that. */
export function ownerIsGone(): boolean {
  const here = state()
  here.isOwnerGone = true
  here.ownerGone?.resolve()
  return here.ownerGone !== undefined
}

/** Whether it is known that the owner has ended; its channel ends a moment before the system forgets it as a parent. */
export function isOwnerGone(): boolean {
  return state().isOwnerGone
}

export function currentName(): string {
  return currentIdentity()?.name ?? 'MainProcess'
}

/**
 * Who the next child of this process is. Children are numbered in the order in which they are made, whatever they are
 * called, and carry the numbers of those above them, as in Python: `Process-2:1` is the first child of the second.
 * Throws a `StateError` (`MC_WORKER_NESTED`) below the tenth level.
 */
export function childIdentity(child: {
  readonly prefix: string
  readonly name?: string | undefined
  readonly role: WorkerIdentity['role']
  readonly daemon?: boolean | undefined
}): WorkerIdentity {
  const parent = currentIdentity()
  const depth = (parent?.depth ?? 0) + 1
  if (depth > DEEPEST) {
    throw new StateError(
      'MC_WORKER_NESTED',
      `${currentName()} is ${DEEPEST} levels below the main process; workers do not nest deeper. ` +
        'Does a worker run code that starts workers of its own?',
    )
  }
  const { children } = state()
  const count = (children.get(parent ?? children) ?? 0) + 1
  children.set(parent ?? children, count)
  const path = [...(parent?.path ?? []), count]
  return {
    name: child.name ?? `${child.prefix}-${path.join(':')}`,
    path,
    role: child.role,
    daemon: child.daemon ?? parent?.daemon ?? false,
    depth,
    parentPid: process.pid,
    parentName: currentName(),
  }
}

interface ThreadState {
  identity: WorkerIdentity | undefined
  findInline: (() => WorkerIdentity | undefined) | undefined
  /** How many children each had, by its identity, and the main process by this map. */
  readonly children: WeakMap<object, number>
  readonly records: WeakMap<WorkerIdentity, WorkerRecord>
  isOwnerGone: boolean
  ownerGone: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined
  ownerAwaited: (() => void) | undefined
}

const KEY: unique symbol = Symbol.for('manycore.context') as never

// On globalThis, because a loader such as tsx makes a second instance of this module for what is required, and a task
// may ask either.
function state(): ThreadState {
  const holder = globalThis as { [KEY]?: ThreadState }
  return (holder[KEY] ??= {
    identity: undefined,
    findInline: undefined,
    children: new WeakMap(),
    records: new WeakMap(),
    isOwnerGone: false,
    ownerGone: undefined,
    ownerAwaited: undefined,
  })
}
