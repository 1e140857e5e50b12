import { checkFunction, checkOneOf } from '../base/argument.ts'
import { currentName } from './context.ts'

/** From the least to the most important; `'off'` is no record's, but lets none through. */
export type LogLevel = 'debug' | 'info' | 'warning' | 'error' | 'off'

/** What was logged, in this process or below it. */
export interface LogRecord {
  readonly level: Exclude<LogLevel, 'off'>
  /** Name of the worker that it comes from, or `MainProcess`. */
  readonly process: string
  readonly pid: number
  /** Milliseconds, as of `Date.now()`. */
  readonly time: number
  readonly text: string
}

/**
 * Passes on what is logged in this process and in all workers below it: from a worker to its owner, and so on up to the
 * main process, where the records arrive with the name of the process that they come from.
 *
 * ```ts
 * const logger = getLogger()
 * logger.level = 'info'
 * logger.handler = ({ level, process, text }) => console.log(`${process} ${level}: ${text}`)
 * await pool.map((n: number) => getLogger().info('got', n), [1, 2])
 * ```
 *
 * manycore logs the life of its workers at the level `'debug'`. With `NODE_DEBUG=manycore` in the environment that is the
 * level from the start, else it is `'warning'`.
 */
export class Logger {
  /** Records below it are dropped where they are made. Workers that are started from now on have the same. */
  get level(): LogLevel {
    return state().level
  }

  set level(level: LogLevel) {
    state().level = checkOneOf('level', level, LEVELS)
  }

  /**
   * Gets the records that come up to this process, in place of stderr. In a worker it is not called: its owner's is. What
   * it throws for a record from below is an uncaught exception of this process.
   */
  get handler(): ((record: LogRecord) => void) | undefined {
    return state().handler
  }

  set handler(handler: ((record: LogRecord) => void) | undefined) {
    state().handler = handler === undefined ? undefined : checkFunction('handler', handler)
  }

  /** Each takes what `console.log` takes. */
  debug(...what: unknown[]): void {
    write('debug', what)
  }

  info(...what: unknown[]): void {
    write('info', what)
  }

  warning(...what: unknown[]): void {
    write('warning', what)
  }

  error(...what: unknown[]): void {
    write('error', what)
  }
}

/**
 * The logger of this process; as
 * [Python's](https://docs.python.org/3/library/multiprocessing.html#multiprocessing.get_logger).
 *
 * ```ts
 * getLogger().warning('no answer from %s', host)
 * ```
 */
export function getLogger(): Logger {
  return (only ??= new Logger())
}

/** Called in a worker at its start: with the level of its owner, and what passes a record on to it. */
export function logToOwner(level: LogLevel, pass: (record: LogRecord) => void): void {
  state().level = level
  state().pass = pass
}

/** Passes a record on that was made here, or has come from below. */
export function passOn(record: LogRecord): void {
  const { pass, handler, level } = state()
  if (rank(record.level) < rank(level)) return
  if (pass !== undefined) pass(record)
  else if (handler === undefined) process.stderr.write(lineOf(record))
  else handler(record)
}

const LEVELS = ['debug', 'info', 'warning', 'error', 'off'] as const

let only: Logger | undefined

interface LogState {
  level: LogLevel
  handler: ((record: LogRecord) => void) | undefined
  pass: ((record: LogRecord) => void) | undefined
}

const KEY: unique symbol = Symbol.for('manycore.log') as never

// On globalThis, because a worker has two instances of this module.
function state(): LogState {
  const holder = globalThis as { [KEY]?: LogState }
  return (holder[KEY] ??= { level: firstLevel(), handler: undefined, pass: undefined })
}

function firstLevel(): LogLevel {
  const sections = process.env['NODE_DEBUG']?.toLowerCase().split(',') ?? []
  return sections.includes('manycore') ? 'debug' : 'warning'
}

function rank(level: LogLevel): number {
  return LEVELS.indexOf(level)
}

function write(level: LogRecord['level'], what: readonly unknown[]): void {
  if (rank(level) < rank(state().level)) return
  const { format } = process.getBuiltinModule('node:util')
  passOn({ level, process: currentName(), pid: process.pid, time: Date.now(), text: format(...what) })
}

// Every line of it, so that nobody takes the rest for something else.
function lineOf({ level, process, text }: LogRecord): string {
  return text.replaceAll(/^/gm, `[${level.toUpperCase()}/${process}] `) + '\n'
}
