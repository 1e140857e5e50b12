import { StateError } from '../base/errors.ts'
import type { WorkerIdentity } from '../channel/identity.ts'

// Each level costs a whole process; a program that nests deeper is far more likely to be one that starts itself.
const DEEPEST = 10

let identity: WorkerIdentity | undefined
let inlineIdentity: (() => WorkerIdentity | undefined) | undefined
const children = new WeakMap<object, number>()
const MAIN = {}
let gone = false
let ownerGone: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined

/** Called once, by a worker's loop when `init` has arrived. */
export function enterWorker(who: WorkerIdentity): void {
  identity = who
}

/** Who this worker is; nothing in the main process. */
export function currentIdentity(): WorkerIdentity | undefined {
  return inlineIdentity?.() ?? identity
}

/** Several inline workers share a thread, and this module: `find` tells which of them is running now, if any. */
export function findInlineIdentity(find: () => WorkerIdentity | undefined): void {
  inlineIdentity = find
}

/** Resolves when the owner of this worker has ended, however it did. */
export function whenOwnerGone(): Promise<void> {
  if (ownerGone === undefined) {
    let resolve = (): void => {}
    const promise = new Promise<void>((resolved) => (resolve = resolved))
    ownerGone = { promise, resolve }
  }
  return ownerGone.promise
}

/** Called when the channel has ended; true if somebody waits for that. */
export function ownerIsGone(): boolean {
  gone = true
  ownerGone?.resolve()
  return ownerGone !== undefined
}

/** Whether it is known that the owner has ended; its channel ends a moment before the system forgets it as a parent. */
export function isOwnerGone(): boolean {
  return gone
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
  const count = (children.get(parent ?? MAIN) ?? 0) + 1
  children.set(parent ?? MAIN, count)
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
