import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { platform } from '../base/environment.ts'

/** Bytes that survive the death of the worker that wrote them. */
export interface JournalStore {
  readonly capacityBytes: number
  /** False when it could not be written; the store is then to be erased. */
  write(bytes: Uint8Array, at: number): boolean
  /** Leaves nothing: says that no journal is kept. */
  erase(): void
  read(): Uint8Array | undefined
  /** Beside the journal: the owner's word that what the worker holds is cancelled, for one whose event loop is busy. */
  mark(cancelled: boolean): void
  isMarked(): boolean
}

/** The journal never grows beyond this: a worker that has so much unsent waits for the channel. */
const CAPACITY_BYTES = 1024 * 1024

/** Not in `fs.constants`; the same on all Linux systems that Node runs on. It includes O_DIRECTORY. */
const O_TMPFILE = 0o20000000 | constants.O_DIRECTORY

/**
 * Makes a file without a name, on memory where the system has such a folder: it costs no disk and is gone with the
 * last process that has it open. Gives its descriptor, or nothing where no file can be written.
 */
export function createJournalFile(): number | undefined {
  const fd = openNameless()
  if (fd === undefined) return undefined
  // One byte tells that a journal is kept; a full disk shows here already.
  if (fileStore(fd).write(Buffer.alloc(1), 0)) return fd
  closeSync(fd)
  return undefined
}

/** The store in the file that `createJournalFile` made, for its maker and for who inherited the descriptor. */
export function fileStore(fd: number): JournalStore {
  return {
    capacityBytes: CAPACITY_BYTES,
    write(bytes, at) {
      try {
        return writeSync(fd, bytes, 0, bytes.length, at) === bytes.length
      } catch {
        return false
      }
    },
    erase() {
      try {
        ftruncateSync(fd, 0)
      } catch {
        // Closed by somebody: nothing can be written to it any more either.
      }
    },
    read() {
      try {
        const bytes = Buffer.allocUnsafe(Math.min(fstatSync(fd).size, CAPACITY_BYTES))
        return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, 0))
      } catch {
        return undefined
      }
    },
    mark(cancelled) {
      try {
        // An empty file says that no journal is kept.
        if (fstatSync(fd).size > 0) writeSync(fd, cancelled ? MARK : NO_MARK, 0, 1, CAPACITY_BYTES)
      } catch {
        // The message says so too.
      }
    },
    isMarked() {
      try {
        return readSync(fd, mark, 0, 1, CAPACITY_BYTES) === 1 && mark[0] === 1
      } catch {
        return false
      }
    },
  }
}

const MARK = Uint8Array.of(1)
const NO_MARK = Uint8Array.of(0)
const mark = new Uint8Array(1)

/** A store for a thread, in memory that its owner shares with it; zeroed memory is an empty journal. */
export function sharedStore(memory: SharedArrayBuffer): JournalStore {
  const all = new Uint8Array(memory)
  return {
    capacityBytes: all.length - 2,
    write(bytes, at) {
      if (at + bytes.length > all.length - 2) return false
      all.set(bytes, at)
      return true
    },
    erase() {
      all[all.length - 1] = 1
    },
    read: () => (all[all.length - 1] === 1 ? undefined : all.slice(0, -2)),
    mark: (cancelled) => void Atomics.store(all, all.length - 2, cancelled ? 1 : 0),
    isMarked: () => Atomics.load(all, all.length - 2) === 1,
  }
}

let made = 0

function openNameless(): number | undefined {
  const { memoryFolder } = platform()
  if (memoryFolder !== undefined) {
    const fd = attempt(() => openSync(memoryFolder, O_TMPFILE | constants.O_RDWR, 0o600))
    if (fd !== undefined) return fd
  }
  const path = join(tmpdir(), `manycore-journal-${process.pid}-${Date.now()}-${++made}`)
  const fd = attempt(() => openSync(path, 'wx+', 0o600))
  if (fd !== undefined) attempt(() => unlinkSync(path))
  return fd
}

function attempt<T>(action: () => T): T | undefined {
  try {
    return action()
  } catch {
    return undefined
  }
}
