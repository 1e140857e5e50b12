import { Reaper } from './reaper.ts'

/** A worker process as far as its end is concerned. */
export interface Child {
  readonly pid: number
  /** The owner is ending: ends the worker at once and takes its last output. */
  abandon(): void
}

/** From now on the worker ends when this process does, however that happens. */
export function adopt(child: Child): void {
  if (!hooked) {
    hooked = true
    process.on('exit', abandonAll)
  }
  children.add(child)
  reaper.add(child.pid)
}

export function release(child: Child): void {
  reaper.remove(child.pid)
  children.delete(child)
}

const children = new Set<Child>()
const reaper = new Reaper()
let hooked = false

function abandonAll(): void {
  for (const child of children) child.abandon()
}
