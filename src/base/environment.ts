import { existsSync } from 'node:fs'

/** What the machine has, asked once. Code that needs one of these asks here, so that tests can force every guard. */
export interface Platform {
  readonly isWindows: boolean
  /** `/proc` as on Linux. */
  readonly hasProcfs: boolean
  /** A POSIX shell, which outlives a SIGKILLed owner and ends its workers. */
  readonly shell: string | undefined
}

let found: Platform | undefined
let forced: Partial<Platform> = {}

export function platform(): Platform {
  found ??= {
    isWindows: process.platform === 'win32',
    hasProcfs: existsSync('/proc/self/stat'),
    shell: process.platform !== 'win32' && existsSync('/bin/sh') ? '/bin/sh' : undefined,
  }
  return { ...found, ...forced }
}

/** For tests: makes this machine look like one that lacks something; `{}` ends it. */
export function forcePlatform(facts: Partial<Platform>): void {
  forced = facts
}
