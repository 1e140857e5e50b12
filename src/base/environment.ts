import { existsSync } from 'node:fs'

/** What the machine has. Code that needs one of these asks here, so that tests can force every guard. */
export interface Platform {
  /** No signals, no process groups, no descriptors that can be written to synchronously. */
  readonly isWindows: boolean
  /** `/proc` as on Linux. */
  readonly hasProcfs: boolean
  /** A POSIX shell, which costs little and ends the workers of a SIGKILLed owner. */
  readonly shell: string | undefined
  /** A folder in memory where files without a name can be made. */
  readonly memoryFolder: string | undefined
}

export function platform(): Platform {
  return seen
}

/** For tests: makes this machine look like one that lacks something; `{}` ends it. */
export function forcePlatform(facts: Partial<Platform>): void {
  seen = Object.keys(facts).length === 0 ? real : { ...real, ...facts }
}

let hasProcfs: boolean | undefined
let hasShell: boolean | undefined

// A file is looked for when it is first asked for, and once: workers ask for little of this.
const real: Platform = {
  isWindows: process.platform === 'win32',
  get hasProcfs() {
    return (hasProcfs ??= existsSync('/proc/self/stat'))
  },
  get shell() {
    hasShell ??= process.platform !== 'win32' && existsSync('/bin/sh')
    return hasShell ? '/bin/sh' : undefined
  },
  memoryFolder: process.platform === 'linux' ? '/dev/shm' : undefined,
}

let seen: Platform = real
