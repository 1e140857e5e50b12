import { closeSync, openSync } from 'node:fs'
import { platform } from '../base/environment.ts'

/**
 * The error with which a start would run out of descriptors half-way, or nothing. Such a start must not be tried: where
 * the new process is the one that lacks them, `spawn` returns before it has closed the owner's ends of the pipes, and
 * nobody can reach them any more (lib/internal/child_process.js of Node 20.20 leaves `spawn` early for EMFILE and ENFILE).
 */
export function descriptorShortage(): unknown {
  if (platform().isWindows) return undefined
  const opened: number[] = []
  try {
    while (opened.length < DESCRIPTORS_NEEDED) opened.push(openSync('/dev/null', 'r'))
    return undefined
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === 'EMFILE' || code === 'ENFILE' ? error : undefined
  } finally {
    for (const fd of opened) closeSync(fd)
  }
}

// What one start opens at the same time in the owner, and the new process on top of that before it runs its program.
const DESCRIPTORS_NEEDED = 16
