/**
 * Folder in which this process was started, as far as is known: that of the first question, or the one that was left
 * for another by `enterFolder`. Relative paths among the flags of a Node are meant from there. Nothing where it has been
 * deleted.
 */
export function startFolder(): string | undefined {
  const holder = globalThis as Holder
  return (holder[KEY] ??= currentFolder())
}

/** Nothing where it has been deleted. */
export function currentFolder(): string | undefined {
  try {
    return process.cwd()
  } catch {
    return undefined
  }
}

export function enterFolder(folder: string): void {
  startFolder()
  process.chdir(folder)
}

const KEY: unique symbol = Symbol.for('manycore.startFolder') as never

// On globalThis, because a worker has two instances of this module.
interface Holder {
  [KEY]?: string | undefined
}
