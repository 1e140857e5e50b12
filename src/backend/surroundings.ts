import { basename, isAbsolute, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { badArgument, checkRecord } from '../base/argument.ts'
import { ArgumentError } from '../base/errors.ts'
import { currentFolder } from '../base/start-folder.ts'
import { leadsElsewhere } from './spawn-options.ts'

/** What a worker runs in, as it is asked for. */
export interface Surroundings {
  /** Changes to the environment, which is else that of this process; `undefined` removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  /**
   * Flags of Node. What they name is found from the folder in which this process was started. Default: those of this
   * process.
   */
  readonly execArgv?: readonly string[] | undefined
  /**
   * The Node to run it with, or its name, which is looked for along `PATH`. Default: that of this process, or what
   * `setExecutable` was given.
   */
  readonly execPath?: string | URL | undefined
  /** Folder that it starts in. Default: that of this process. */
  readonly cwd?: string | URL | undefined
}

/** The names of those. */
export const SURROUNDINGS = ['env', 'execArgv', 'execPath', 'cwd'] as const

/** The same, as the operating system wants it, with absolute paths; later changes to what was given have no effect. */
export interface CheckedSurroundings {
  readonly env: NodeJS.ProcessEnv | undefined
  readonly execArgv: readonly string[] | undefined
  readonly execPath: string | undefined
  readonly cwd: string | undefined
}

/** Throws an `ArgumentError` for what cannot be used; `say` makes the name of an option for it. */
export function checkSurroundings(
  say: (option: string) => string,
  { env, execArgv, execPath, cwd }: { readonly [Name in keyof Surroundings]: unknown },
): CheckedSurroundings {
  return {
    env: env === undefined ? undefined : checkEnv(say('env'), env),
    execArgv: execArgv === undefined ? undefined : checkFlags(say('execArgv'), execArgv),
    execPath: execPath === undefined ? undefined : checkProgram(say('execPath'), execPath),
    cwd: cwd === undefined ? undefined : fromHere(say('cwd'), checkPath(say('cwd'), cwd)),
  }
}

/** The path of a program, or its name, which is looked for along PATH. */
export function checkProgram(name: string, value: unknown): string {
  const path = checkPath(name, value)
  return basename(path) === path ? path : fromHere(name, path)
}

/** A path, given as a text or as a `file:` URL. */
function checkPath(name: string, value: unknown): string {
  if (isCleanText(value) && value !== '') return value
  if (!(value instanceof URL) || value.protocol !== 'file:') throw badArgument(name, PATH, value)
  try {
    const path = fileURLToPath(value)
    if (isCleanText(path)) return path
  } catch {
    // It names a host, or has a separator within a name.
  }
  throw badArgument(name, PATH, value.href)
}

// A worker may begin in another folder, and later, when this process has gone to another one itself.
function fromHere(name: string, path: string): string {
  if (isAbsolute(path)) return path
  const here = currentFolder()
  if (here === undefined) throw badArgument(name, 'an absolute path, as the folder of this process is gone', path)
  return resolve(here, path)
}

const PATH = 'a path, as a text or as a file: URL'

function checkFlags(name: string, flags: unknown): string[] {
  if (!Array.isArray(flags) || !flags.every(isCleanText)) throw badArgument(name, 'an array of texts', flags)
  const elsewhere = flags.find(leadsElsewhere)
  if (elsewhere !== undefined) {
    throw new ArgumentError(`${name} has ${elsewhere}, with which Node would not run the worker. Leave it out.`)
  }
  return [...flags]
}

function checkEnv(name: string, env: unknown): NodeJS.ProcessEnv {
  const copy: NodeJS.ProcessEnv = {}
  for (const [key, value] of Object.entries(checkRecord(name, 'an object of texts', env))) {
    // Windows keeps the folder of each drive in variables such as `=C:`.
    if (key === '' || key.indexOf('=', 1) > 0 || key.includes('\0')) {
      throw badArgument(name, 'an object with the names of variables', key)
    }
    if (value !== undefined && !isCleanText(value)) throw badArgument(`${name}, variable ${key},`, 'a text', value)
    copy[key] = value
  }
  return copy
}

// The operating system ends a text at its first NUL.
function isCleanText(value: unknown): value is string {
  return typeof value === 'string' && !value.includes('\0')
}
