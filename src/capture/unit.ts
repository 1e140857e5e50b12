/**
 * A text to compile once per process: a function of the captured variables that returns the user's function and, where
 * something is captured, a function that fills the variables in.
 */
export interface Unit {
  /** Hash of everything below. */
  key: string
  text: string
  /** Where the user's function stands, so that stack traces and `import()` are right. */
  url: string
  line: number
  column: number
  isModule: boolean
  /** Names of the captured variables; those that are cells carry `CELL_PREFIX`. */
  captures: string[]
  /** Those whose values are needed when the text runs, for computed names of fields. */
  early?: string[]
  /** Further parameters, behind the captured variables. */
  extras: UnitExtra[]
}

/**
 * The units of a graph are to be kept, because later graphs of the same peer will not bring them again. `'anew'`: those that
 * were kept so far will be brought again where they are needed.
 */
export type Keep = 'more' | 'anew'

/** What a unit may need from the worker besides captured variables; each is a parameter of its own. */
export type UnitExtra = 'meta' | 'import' | 'base' | 'home' | 'stamp' | 'keys'

/**
 * Added names begin with `ª`, which nobody uses and which is Latin-1: with a letter beyond that, V8 would keep and
 * send each text in two bytes per character.
 */
export const CELL_PREFIX = 'ª'

/** Names as long as what they replace, `import.meta`, `import` and `arguments`, so that columns stay right. */
export const UNIT_NAME = {
  meta: 'ªmport_meta',
  import: 'ªmport',
  base: 'ªsuper',
  home: 'ªhome',
  stamp: 'ªstamp',
  keys: 'ªkeys',
  arguments: 'ªrgument_',
} as const
