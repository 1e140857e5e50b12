import { pathToFileURL } from 'node:url'
import { importFrom } from '../capture/rebuild-units.ts'
import { duringImport } from '../base/nesting.ts'
import { mainProgram } from '../base/main-program.ts'
import { textOf } from '../base/thrown-text.ts'

/** What a module that cannot be loaded in advance does: ends the worker, leaves a warning on its stderr, or nothing. */
export type PreloadErrors = 'throw' | 'warn' | 'ignore'

/**
 * Runs in a worker as its initializer: imports the modules, one after the other, as the main program would, and then
 * runs the initializer of the user.
 */
export async function preload(
  modules: readonly string[],
  errors: PreloadErrors,
  initializer: ((...args: readonly unknown[]) => unknown) | undefined,
  args: readonly unknown[],
): Promise<unknown> {
  const load = importFrom(mainProgram() ?? pathToFileURL(`${process.cwd()}/`).href)
  for (const module of modules) {
    try {
      await duringImport(Promise.resolve(load(module)))
    } catch (cause) {
      const why = `Module ${module} could not be loaded in advance: ${textOf(cause)}`
      if (errors === 'throw') throw new Error(why, { cause })
      if (errors === 'warn') process.emitWarning(why, 'ManycoreWarning')
    }
  }
  return await initializer?.(...args)
}
