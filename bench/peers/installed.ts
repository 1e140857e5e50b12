import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

/** Where the peers are installed and their programs in other languages lie, seen from the compiled file. */
export const PEERS_FOLDER: URL = new URL('../../../bench/peers/', import.meta.url)

/** The file of a task function, for peers that load it by themselves. */
export const TASKS_FILE: string = new URL('tasks.js', import.meta.url).pathname

/** Imports a package that only the bench knows of. */
export async function importPeer<T>(name: string): Promise<T> {
  const file = createRequire(new URL('installed/package.json', PEERS_FOLDER)).resolve(name)
  return (await import(pathToFileURL(file).href)) as T
}

/** As `importPeer`, at once, for workers that would miss their first message while they wait. */
export function requirePeer<T>(name: string): T {
  return createRequire(new URL('installed/package.json', PEERS_FOLDER))(name) as T
}
