import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { platform } from '../base/environment.ts'

/** Bytes that survive the death of the worker that wrote them. */
export interface JournalStore {
  readonly capacityBytes: number
  /** The first `length` of the bytes. False when it could not be written; the store is then to be erased. */
  write(bytes: Uint8Array, at: number, length?: number): boolean
  /** Leaves nothing: says that no journal is kept. */
  erase(): void
  read(): Uint8Array | undefined
  /** Beside the journal: the owner's word that what the worker holds is cancelled, for one whose event loop is busy. */
  mark(cancelled: boolean): void
  isMarked(): boolean
  /** Beside the journal: the worker's word that what it runs now has asked, or listens, whether it is cancelled. */
  listen(listens: boolean): void
  /** Nothing where that cannot be told, because no journal is kept. */
  isListened(): boolean | undefined
}

/** The journal never grows beyond this: a worker that has so much unsent waits for the channel. */
const CAPACITY_BYTES = 1024 * 1024

/** What stands before the journal of a file: whether the owner has cancelled, and whether the worker listens for it. */
const HEADER_BYTES = 2
const CANCELLED_AT = 0
const LISTENS_AT = 1

/** Not in `fs.constants`; the same on all Linux systems that Node runs on. It includes O_DIRECTORY. */
const O_TMPFILE = 0o20000000 | constants.O_DIRECTORY

/**
 * Makes a file without a name, on memory where the system has such a folder: it costs no disk and is gone with the
 * last process that has it open. Gives its descriptor, or nothing where no file can be written.
 */
export function createJournalFile(): number | undefined {
  const fd = openNameless()
  if (fd === undefined) return undefined
  // A file with its header tells that a journal is kept; a full disk shows here already.
  if (attempt(() => writeSync(fd, Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, 0)) === HEADER_BYTES) return fd
  closeSync(fd)
  return undefined
}

/** The store in the file that `createJournalFile` made, for its maker and for who inherited the descriptor. */
export function fileStore(fd: number): JournalStore {
  let isErased = false
  return {
    capacityBytes: CAPACITY_BYTES,
    write(bytes, at, length = bytes.length) {
      try {
        return writeSync(fd, bytes, 0, length, HEADER_BYTES + at) === length
      } catch {
        return false
      }
    },
    erase() {
      isErased = true
      // Where somebody has closed it, nothing can be written to it any more either.
      attempt(() => ftruncateSync(fd, 0))
    },
    read: () => attempt(() => contentOf(fd)),
    mark(cancelled) {
      // An empty file says that no journal is kept. Where this cannot be written, the message says so too.
      attempt(() => fstatSync(fd).size >= HEADER_BYTES && writeSync(fd, cancelled ? YES : NO, 0, 1, CANCELLED_AT))
    },
    isMarked: () => flagAt(fd, CANCELLED_AT) === true,
    listen(listens) {
      // Only who writes the journal erases it. The flag was there when the file was made, so this needs no room; and a
      // journal that is lost is erased at the next item.
      if (!isErased) attempt(() => writeSync(fd, listens ? YES : NO, 0, 1, LISTENS_AT))
    },
    isListened: () => flagAt(fd, LISTENS_AT),
  }
}

function contentOf(fd: number): Uint8Array | undefined {
  const length = fstatSync(fd).size - HEADER_BYTES
  if (length < 0) return undefined
  const bytes = Buffer.allocUnsafe(Math.min(length, CAPACITY_BYTES))
  return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, HEADER_BYTES))
}

function flagAt(fd: number, at: number): boolean | undefined {
  return attempt(() => (readSync(fd, flag, 0, 1, at) === 1 ? flag[0] === 1 : undefined))
}

const YES = Uint8Array.of(1)
const NO = Uint8Array.of(0)
const flag = new Uint8Array(1)

/**
 * A store for a thread, in memory that its owner shares with it; zeroed memory is an empty journal. Behind the journal
 * stand three bytes, each 0 or 1: that no journal is kept and that the worker listens, both written by the worker, and
 * that the owner has cancelled. Owner and worker read them while both run, so they are atomic, and each is one word of
 * its own that orders nothing else. The journal is written plainly: the owner reads it when the thread has ended, which
 * comes after all that the thread wrote.
 */
export function sharedStore(memory: SharedArrayBuffer): JournalStore {
  const all = new Uint8Array(memory)
  const capacityBytes = all.length - 3
  const [erased, cancelled, listens] = [capacityBytes, capacityBytes + 1, capacityBytes + 2]
  const note = (at: number, is: boolean): void => void Atomics.store(all, at, is ? 1 : 0)
  const isNoted = (at: number): boolean => Atomics.load(all, at) === 1
  return {
    capacityBytes,
    write(bytes, at, length = bytes.length) {
      if (at + length > capacityBytes) return false
      // A view of so few bytes would cost more than they do.
      if (length <= FEW_BYTES) for (let i = 0; i < length; i++) all[at + i] = bytes[i] as number
      else all.set(bytes.subarray(0, length), at)
      return true
    },
    erase: () => note(erased, true),
    read: () => (isNoted(erased) ? undefined : all.slice(0, capacityBytes)),
    mark: (is) => note(cancelled, is),
    isMarked: () => isNoted(cancelled),
    listen: (is) => note(listens, is),
    isListened: () => isNoted(listens),
  }
}

const FEW_BYTES = 256

function openNameless(): number | undefined {
  const { memoryFolder } = platform()
  if (memoryFolder !== undefined) {
    const fd = attempt(() => openSync(memoryFolder, O_TMPFILE | constants.O_RDWR, 0o600))
    if (fd !== undefined) return fd
  }
  // By chance, because a count would be the same in several threads, or instances of this module, of one process.
  const path = join(tmpdir(), `manycore-journal-${process.pid}-${Math.random().toString(36).slice(2)}`)
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
