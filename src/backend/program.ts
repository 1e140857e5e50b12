import { accessSync, closeSync, constants, existsSync, openSync, readSync, type Stats, statSync } from 'node:fs'
import { basename, delimiter, join } from 'node:path'
import { WorkerStartError } from '../base/errors.ts'
import type { SpawnOptions } from './backend.ts'
import { childExecPath } from './executable.ts'

/** The operating system tells of both only after spawn() returned, and blames the program for a missing folder. */
export function foresee({ identity, cwd, execPath = childExecPath() }: SpawnOptions): void {
  const { name } = identity
  const refusal = (why: string): WorkerStartError =>
    new WorkerStartError(`${name} could not be started: its ${why}.`, { worker: name })
  if (cwd !== undefined && !isFolder(cwd)) throw refusal(`cwd ${cwd} is no folder that can be entered; check cwd`)
  // A bare name is looked for along PATH.
  if (basename(execPath) === execPath || isProgram(execPath)) return
  throw refusal(`execPath ${execPath} is no program that can be run`)
}

/**
 * The code of the error with which `spawn` has failed and which it tells later: one of these, as there were descriptors.
 * `searched`: the PATH along which a bare name was looked for.
 */
export function likelyCode(file: string, searched: string | undefined, cwd: string | undefined): string {
  if (cwd !== undefined && !isFolder(cwd)) return 'ENOENT'
  const folders = basename(file) !== file ? [''] : (searched ?? '').split(delimiter)
  const places = folders.map((folder) => join(folder, file)).filter((place) => existsSync(place))
  if (places.length === 0) return 'ENOENT'
  if (!places.some((place) => isProgram(place))) return 'EACCES'
  return places.some((place) => missingInterpreter(place) === undefined) ? 'EAGAIN' : 'ENOENT'
}

/** A script whose first line names a program that is not there cannot be run, and the system blames the script. */
export function missingInterpreter(file: string): string | undefined {
  if (file === process.execPath) return undefined
  const interpreter = /^#!\s*(\S+)/.exec(firstBytes(file))?.[1]
  return interpreter === undefined || existsSync(interpreter) ? undefined : interpreter
}

export function isFolder(path: string): boolean {
  return usable(path)?.isDirectory() === true
}

function isProgram(file: string): boolean {
  return usable(file)?.isFile() === true
}

// What may be run, or entered.
function usable(path: string): Stats | undefined {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path)
  } catch {
    return undefined
  }
}

function firstBytes(file: string): string {
  let fd: number | undefined
  try {
    fd = openSync(file, 'r')
    const bytes = Buffer.alloc(LONGEST_FIRST_LINE)
    return bytes.toString('latin1', 0, readSync(fd, bytes, 0, bytes.length, 0))
  } catch {
    // It may be run, but not read; or it is a folder, which can be opened nevertheless.
    return ''
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}

// As Linux has it (BINPRM_BUF_SIZE).
const LONGEST_FIRST_LINE = 256
