import { existsSync, readFileSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { mainProgram } from '../base/main-program.ts'
import { moduleFacts } from './module-facts.ts'
import { bareUrl, isOfFile, stem } from './module-urls.ts'
import { type ScriptRecord, scriptsByUrl, scriptSource } from './scripts.ts'

/** Which modules must not be imported in a worker because that would run the user's program there. */

const answers = new Map<string, boolean>()

/** Whether importing the module would run the user's program: it is that, or imports it, directly or not. */
export function reachesEntry(url: string): boolean {
  const main = mainProgram()
  const start = bareUrl(url)
  if (main === undefined || start.includes('/node_modules/') || isOwnModule(start)) return false
  if (stem(start) === stem(main)) return true
  const known = answers.get(start)
  if (known !== undefined) return known
  // The files tell cheaply that nothing leads there; only V8 has the text without the imports of types.
  const answer = leadsTo(main, start, importsOnDisk) && leadsTo(main, start, loadedImports())
  answers.set(start, answer)
  return answer
}

/** A module of manycore itself, which is never the user's program. */
export function isOwnModule(url: string): boolean {
  return [home, sources].some((folder) => url.startsWith(folder) && !url.startsWith('node_modules/', folder.length))
}

const home = new URL('../', import.meta.url).href
// Where source maps lead, which Deno follows in stacks, and Node with --enable-source-maps.
const sources = new URL('../src/', home).href

function leadsTo(main: string, start: string, importsOf: (url: string) => readonly string[]): boolean {
  const visited = new Set([start])
  for (const url of visited) {
    if (stem(url) === stem(main)) return true
    if (!url.includes('/node_modules/')) for (const next of importsOf(url)) visited.add(next)
  }
  return false
}

const IMPORT = /(?:\bfrom|\bimport|\brequire)\s*\(?\s*(['"])((?:\.|file:)[^'"\n]*)\1/g

function importsOnDisk(url: string): string[] {
  try {
    const source = readFileSync(fileURLToPath(url), 'utf8')
    return [...source.matchAll(IMPORT)].map((match) => fileFor(new URL(match[2] as string, url)))
  } catch {
    // No file, or one that cannot be read, leads nowhere.
    return []
  }
}

const EXTENSIONS = ['.ts', '.tsx', '.mts', '.cts', '.js', '.jsx', '.mjs', '.cjs']

// `./x.js` may stand for x.ts, and `./x` for a file with any extension or for a folder.
function fileFor(url: URL): string {
  const href = bareUrl(url.href)
  if (isFile(href)) return href
  const bases = [stem(href), href, `${href.replace(/\/$/, '')}/index`]
  for (const base of bases) for (const extension of EXTENSIONS) if (isFile(base + extension)) return base + extension
  return href
}

function isFile(url: string): boolean {
  const file = fileURLToPath(url)
  return existsSync(file) && statSync(file).isFile()
}

function loadedImports(): (url: string) => string[] {
  const scripts = scriptsByUrl()
  return (url) => {
    const script = scripts.get(url) ?? scripts.get(fileURLToPath(url))
    if (!script) return importsOnDisk(url)
    return specifiersOf(script).map((one) => loadedUrl(scripts, new URL(one, url)))
  }
}

function specifiersOf(script: ScriptRecord): string[] {
  const source = scriptSource(script.scriptId) ?? ''
  if (!script.isModule) return [...source.matchAll(IMPORT)].map((match) => match[2] as string)
  return [...moduleFacts(source, true).specifiers].filter(isOfFile)
}

function loadedUrl(scripts: Map<string, ScriptRecord>, url: URL): string {
  const href = bareUrl(url.href)
  return scripts.has(href) ? href : fileFor(url)
}
