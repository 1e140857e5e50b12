import { createRequire } from 'node:module'
import * as errors from './errors.ts'

/**
 * Loads a module of manycore when something first needs it, so that a program pays for what it uses. `from` is the
 * caller's `import.meta.url`, and `file` leads over the folder above, because the built modules of several folders are
 * joined (scripts/join-modules.mjs). Synchronous, because a process starts, and a function is captured, at the call.
 *
 * A loader such as tsx compiles what is required a second time, for itself. `shared` are the modules that must not
 * exist twice, by their names as seen from the caller: those with classes that users compare with, and those with a
 * memory. What is loaded gets the instances that are here.
 */
export function load<T>(from: string, file: string, shared: Readonly<Record<string, object>> = {}): T {
  const require = createRequire(from)
  // The same path leads there from this file and from the one file that a worker starts with.
  share(createRequire(import.meta.url), '../base/errors.js', errors)
  for (const [name, module] of Object.entries(shared)) share(require, name, module)
  return require(file) as T
}

function share(require: NodeJS.Require, file: string, module: object): void {
  const found = require(file) as object
  // In the one file that a worker starts with, `module` only leads to what is found.
  if (found === module || Object.entries(found).every(([name, value]) => Reflect.get(module, name) === value)) return
  const cached = require.cache[require.resolve(file)]
  if (cached !== undefined) cached.exports = module
}
