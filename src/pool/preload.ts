import { isAbsolute } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ArgumentError } from '../base/errors.ts'
import { load } from '../base/load.ts'
import { mainProgram } from '../base/main-program.ts'
import type { PreloadErrors } from '../worker/preload.ts'

/** The modules to load in advance, in a form that means the same in every worker. */
export function checkPreload(modules: unknown): string[] {
  if (modules === undefined) return []
  if (!Array.isArray(modules)) throw new ArgumentError('preload must be an array of modules.')
  return modules.map((module: unknown, at) => {
    const specifier = specifierOf(module)
    if (specifier === undefined) {
      throw new ArgumentError(
        `preload[${at}] must be the name of a package, a URL or an absolute path; for a file of your own say ` +
          `import.meta.resolve('./file.js').`,
      )
    }
    if (specifier === mainProgram()) {
      throw new ArgumentError(`preload[${at}] is the main program, which no worker may run again.`)
    }
    return specifier
  })
}

interface WithPreload {
  readonly preload: readonly string[]
  readonly preloadErrors: PreloadErrors
  readonly initializer?: ((...args: never[]) => unknown) | undefined
  readonly initializerArgs: readonly unknown[]
}

/** With an initializer that also loads the modules, where there are any. */
export function withPreload<T extends WithPreload>(options: T): T {
  const { preload: modules, preloadErrors, initializer, initializerArgs } = options
  if (modules.length === 0) return options
  const { preload } = load<typeof import('../worker/preload.ts')>('../worker/preload.js')
  return {
    ...options,
    initializer: preload as (...args: never[]) => unknown,
    initializerArgs: [modules, preloadErrors, initializer, initializerArgs],
  }
}

function specifierOf(module: unknown): string | undefined {
  if (module instanceof URL) return module.href
  if (typeof module !== 'string' || module === '' || /^\.{1,2}(\/|$)/.test(module)) return undefined
  return isAbsolute(module) ? pathToFileURL(module).href : module
}
