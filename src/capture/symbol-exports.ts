import { pathToFileURL } from 'node:url'
import { reachesEntry } from './entry.ts'
import type { BuiltinNode, CommonJsNode } from './graph.ts'
import { symbolExportPath } from './known.ts'

/**
 * A unique symbol by reference, where a module exports it that other processes have: what that module's functions look
 * for in an object is then found there too.
 */
export function symbolExport(symbol: symbol): CommonJsNode | BuiltinNode | undefined {
  const found = symbolExportPath(symbol)
  if (found?.module !== undefined) return { kind: 'builtin', module: found.module, path: [found.name] }
  if (found?.file === undefined || reachesEntry(pathToFileURL(found.file).href)) return undefined
  return { kind: 'commonjs', file: found.file, path: [found.name] }
}
