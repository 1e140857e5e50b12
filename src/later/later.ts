import * as executable from '../backend/executable.ts'
import { load } from '../base/load.ts'
import * as move from '../codec/move.ts'
import * as registry from '../codec/registry.ts'
import * as context from '../worker/context.ts'

/**
 * As {@link load}, for what runs workers: a program that imports manycore and starts nothing loads only the classes and
 * functions that it could call, and the modules named here, whose state those share with what is behind them.
 */
export function loadLater<T>(from: string, file: string, shared: Readonly<Record<string, object>> = {}): T {
  load(import.meta.url, '../worker/context.js', {
    '../codec/registry.js': registry,
    '../codec/move.js': move,
    '../worker/context.js': context,
    '../backend/executable.js': executable,
  })
  return load(from, file, shared)
}
