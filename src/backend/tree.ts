import { readFileSync, readdirSync } from 'node:fs'
import { platform } from '../base/environment.ts'

/**
 * A worker and whatever it has started, at any depth. Where there is `/proc`, these are its descendants and everybody
 * in their sessions, so that what was left behind by a parent that has ended is found too; a program that leads a
 * session of its own and whose parent has ended cannot be told from a stranger. Elsewhere it is the worker's process
 * group, on Windows what `taskkill /T` finds.
 */
export class ProcessTree {
  readonly #root: number
  // Start times tell a process from a later one with the same pid.
  readonly #known = new Map<number, string>()

  constructor(root: number) {
    this.#root = root
  }

  /** Sends the signal to all of them; true if there was somebody. */
  signal(signal: NodeJS.Signals): boolean {
    const { hasProcfs, isWindows } = platform()
    if (isWindows) return endTreeOnWindows(this.#root)
    // Looked up before the first of them ends, and leaves its children to nobody.
    const others = hasProcfs ? this.#members().filter(({ group }) => group !== this.#root) : []
    // The group in one call; a worker that has only begun does not lead one yet.
    let hit = send(-this.#root, signal) || send(this.#root, signal)
    for (const { pid } of others) hit = send(pid, signal) || hit
    return hit
  }

  /** The worker has ended: so does now whoever of its tree is left. */
  finish(): void {
    const { hasProcfs, isWindows } = platform()
    if (isWindows) return
    send(-this.#root, 'SIGKILL')
    if (!hasProcfs) return
    for (const { pid } of this.#members()) if (pid !== this.#root) send(pid, 'SIGKILL')
  }

  // Grows: a process whose parent has ended is no descendant any more, but was one.
  #members(): Entry[] {
    const entries = processTable()
    const own = new Set(entries.filter(({ pid, start }) => this.#known.get(pid) === start).map(({ pid }) => pid))
    own.add(this.#root)
    const sessions = new Set([this.#root])
    for (let before = -1; before !== own.size;) {
      before = own.size
      for (const { pid, parent, session } of entries) {
        if (own.has(pid)) sessions.add(session)
        else if (own.has(parent) || sessions.has(session)) own.add(pid)
      }
      // A worker that is only being started is still in the session of its owner.
      sessions.delete(ownSession(entries))
    }
    const members = entries.filter(({ pid, isReaper }) => own.has(pid) && pid !== process.pid && !isReaper)
    for (const { pid, start } of members) this.#known.set(pid, start)
    return members
  }
}

interface Entry {
  readonly pid: number
  readonly parent: number
  readonly group: number
  readonly session: number
  readonly start: string
  /** It ends those that it knows of, and then itself, as soon as its owner has ended. */
  readonly isReaper: boolean
}

function processTable(): Entry[] {
  const entries: Entry[] = []
  for (const name of readdirSync('/proc')) {
    if (!/^\d/.test(name)) continue
    const stat = read(`/proc/${name}/stat`)
    // The name of the program, in brackets, may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields.length < 20 || fields[0] === 'Z') continue
    const isReaper = read(`/proc/${name}/cmdline`).includes('\0manycore-reaper\0')
    const [parent, group, session] = fields.slice(1, 4).map(Number) as [number, number, number]
    entries.push({ pid: Number(name), parent, group, session, start: fields[19] as string, isReaper })
  }
  return entries
}

function ownSession(entries: readonly Entry[]): number {
  return entries.find(({ pid }) => pid === process.pid)?.session ?? 0
}

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    // It has ended, or belongs to somebody else.
    return ''
  }
}

function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    return false
  }
}

function endTreeOnWindows(root: number): boolean {
  const { spawnSync } = process.getBuiltinModule('node:child_process')
  return spawnSync('taskkill', ['/PID', String(root), '/T', '/F'], { windowsHide: true }).status === 0
}
