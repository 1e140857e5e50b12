import { createRequire } from 'node:module'

/**
 * Loads a module of manycore when something first needs it, so that a program pays for what it uses. `file` leads over
 * the folder above, `'../pool/engine.js'`: the build puts the file there that the module was joined into
 * (scripts/join-modules.mjs). Synchronous, because a process starts, and a function is captured, at the call.
 */
export function load<T>(file: string): T {
  require ??= createRequire(import.meta.url)
  return require(file) as T
}

let require: NodeJS.Require | undefined
