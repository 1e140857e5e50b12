import { realpathSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

/**
 * URL of the file with which the user's program began, in a worker that of its owner; nothing for `node -e` and the
 * like. No worker at any depth may run it again.
 */
export function mainProgram(): string | undefined {
  const holder = globalThis as Holder
  holder[KEY] ??= { url: ownProgram() }
  return holder[KEY].url
}

/** Called in a worker, which was itself started with a file of manycore. */
export function inheritMainProgram(url: string | undefined): void {
  ;(globalThis as Holder)[KEY] = { url }
}

const KEY: unique symbol = Symbol.for('manycore.mainProgram') as never

// On globalThis, because a loader such as tsx can make a second instance of this module in the same process.
interface Holder {
  [KEY]?: { readonly url: string | undefined }
}

function ownProgram(): string | undefined {
  const file = process.argv[1]
  if (file === undefined) return undefined
  try {
    return pathToFileURL(realpathSync(file)).href
  } catch {
    // Not a file that can be found, such as what a loader made up.
    return undefined
  }
}
