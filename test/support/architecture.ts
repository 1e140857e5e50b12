import { readdirSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { basename, dirname, join, posix, sep } from 'node:path'

/** Path below `src/`, with forward slashes, and the text of the file. */
export type Sources = ReadonlyMap<string, string>

/** What ARCHITECTURE.md demands. */
export interface Law {
  readonly floors: ReadonlyMap<string, number>
  /** For a builtin module: the places, `room` or `room/file.ts`, that may use it. */
  readonly builtins: ReadonlyMap<string, readonly string[]>
  /** For a room: the only other rooms it may import. */
  readonly onlyFrom: ReadonlyMap<string, readonly string[]>
}

const MAX_LINES = 350
const BANNED_NAMES = new Set(['utils', 'util', 'helpers', 'helper', 'common', 'misc', 'shared', 'lib', 'types'])

/** Everything in `sources` that breaks the law, one sentence each. */
export function findViolations(sources: Sources, law: Law): string[] {
  return [
    ...[...sources].flatMap(([file, text]) => [
      ...fileViolations(file, text),
      ...(/^export default\b|^export \{[^}]*\bas default\b/m.test(text) ? [`${file} has a default export`] : []),
      ...importsOf(text)
        .filter((specifier) => specifier.startsWith('.'))
        .flatMap((specifier) => relativeViolations(file, specifier, sources, law)),
      ...importsOf(withoutTypes(text)).flatMap((specifier) => builtinViolations(file, specifier, law)),
    ]),
    ...roomViolations(sources, law),
    ...cycleViolations(sources),
  ]
}

export function readLaw(markdown: string): Law {
  const floors = new Map<string, number>()
  const builtins = new Map<string, string[]>()
  for (const row of markdown.matchAll(/^\|\s*(\d+)\s*\|\s*`([\w.-]+)`\s*\|[^|]*\|([^|]*)\|\s*$/gm)) {
    const [, floor = '', room = '', cell = ''] = row
    floors.set(room, Number(floor))
    // `net` means in the whole room, `worker_threads` (`port.ts`) means in this file only.
    for (const [, builtin = '', file] of cell.matchAll(/`([\w/]+)`(?:\s*\(`([\w.-]+)`\))?/g)) {
      builtins.set(builtin, [...(builtins.get(builtin) ?? []), file === undefined ? room : `${room}/${file}`])
    }
  }
  const onlyFrom = new Map<string, string[]>()
  for (const [, room = '', list = ''] of markdown.matchAll(/^`(\w+)` may import ([^.]*?) only\b/gm)) {
    onlyFrom.set(
      room,
      [...list.matchAll(/`(\w+)`/g)].map(([, name = '']) => name),
    )
  }
  return { floors, builtins, onlyFrom }
}

export function readSources(folder: string): Sources {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /\.c?ts$/.test(name))
  return new Map(names.map((name) => [name.split(sep).join('/'), readFileSync(join(folder, name), 'utf8')]))
}

/** Every module that the text imports, requires, asks the process for or names in a type, in order. */
export function importsOf(text: string): string[] {
  const code = text.replace(/^\s*\/\*[\s\S]*?\*\//gm, '').replace(/^\s*\/\/.*$/gm, '')
  const patterns = [
    /^(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]/gm,
    /^import\s*['"]([^'"]+)['"]/gm,
    /\bimport\(\s*['"]([^'"]+)['"]/g,
    /\b(?:require|getBuiltinModule)\??\.?\(\s*['"]([^'"]+)['"]/g,
    /\bcreateRequire\([^)]*\)\(\s*['"]([^'"]+)['"]/g,
  ]
  return patterns.flatMap((pattern) => [...code.matchAll(pattern)].map(([, specifier = '']) => specifier))
}

/** Declaration files that a user's compiler reads from `entry` on, with the lines in which `any` stands. */
export function findAny(entry: string): string[] {
  const found: string[] = []
  const seen = new Set<string>()
  const queue = [entry]
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (seen.has(file)) continue
    seen.add(file)
    const text = readFileSync(file, 'utf8')
    const code = text.replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' ')).replace(/\/\/.*$/gm, '')
    for (const [index, line] of code.split('\n').entries()) {
      if (/\bany\b/.test(line)) found.push(`${basename(file)}:${index + 1}: ${line.trim()}`)
    }
    for (const specifier of importsOf(text)) {
      if (specifier.startsWith('.')) queue.push(join(dirname(file), specifier.replace(/\.(c?)js$/, '.d.$1ts')))
    }
  }
  return found
}

/** Files that are too long or whose name says nothing, among sources, tests and scripts alike. */
export function fileViolations(file: string, text: string): string[] {
  const found: string[] = []
  const lines = text.trimEnd().split('\n').length
  if (lines > MAX_LINES) found.push(`${file} has ${lines} lines, more than ${MAX_LINES}: split it by reason to change`)
  for (const part of file.split('/')) {
    const name = part.replace(/(\.test)?\.\w+$/, '')
    if (BANNED_NAMES.has(name)) found.push(`${file}: '${name}' says nothing about what is in it`)
  }
  return found
}

function builtinViolations(file: string, specifier: string, law: Law): string[] {
  if (!isBuiltin(specifier)) return []
  const builtin = specifier.replace(/^node:/, '').replace(/\/.*$/, '')
  const places = law.builtins.get(builtin)
  if (places === undefined || places.includes(roomOf(file)) || places.includes(file)) return []
  return [`${file} uses ${specifier}, which ARCHITECTURE.md keeps to ${places.join(' and ')}`]
}

// Types of builtin modules may be named anywhere: nothing is left of them when the program runs.
function withoutTypes(text: string): string {
  return text.replace(/^(import|export) type\b.*$/gm, '').replace(/\btypeof import\(/g, 'typeof (')
}

function relativeViolations(file: string, specifier: string, sources: Sources, law: Law): string[] {
  const target = resolve(file, specifier, sources)
  if (!sources.has(target)) return [`${file} imports ${specifier}, which is no source file`]
  const [from, to] = [roomOf(file), roomOf(target)]
  const [low, high] = [law.floors.get(to), law.floors.get(from)]
  if (from === to || low === undefined || high === undefined) return []
  if (low >= high)
    return [`${file} (floor ${high}) imports ${target} (floor ${low}): only lower floors may be imported`]
  const only = law.onlyFrom.get(from)
  if (only !== undefined && !only.includes(to))
    return [`${file} imports ${target}: ${from} may import ${only.join(', ')}`]
  return []
}

function roomViolations(sources: Sources, law: Law): string[] {
  const rooms = new Set([...sources.keys()].map(roomOf))
  return [
    ...[...rooms].filter((room) => !law.floors.has(room)).map((room) => `src/${room} has no row in ARCHITECTURE.md`),
    ...[...law.floors.keys()]
      .filter((room) => !rooms.has(room))
      .map((room) => `ARCHITECTURE.md has a row for ${room}, which is not in src/`),
  ]
}

function cycleViolations(sources: Sources): string[] {
  const found: string[] = []
  const done = new Set<string>()
  const visit = (file: string, trail: readonly string[]): void => {
    if (trail.includes(file)) {
      found.push(`import cycle: ${[...trail.slice(trail.indexOf(file)), file].join(' → ')}`)
      return
    }
    if (done.has(file)) return
    for (const specifier of importsOf(sources.get(file) ?? '')) {
      if (specifier.startsWith('.')) visit(resolve(file, specifier, sources), [...trail, file])
    }
    done.add(file)
  }
  for (const file of sources.keys()) visit(file, [])
  return found
}

function roomOf(file: string): string {
  return file.split('/', 1)[0] ?? file
}

// CommonJS files name the emitted file, `./loop.js`.
function resolve(file: string, specifier: string, sources: Sources): string {
  const target = posix.normalize(posix.join(posix.dirname(file), specifier))
  return sources.has(target) ? target : target.replace(/\.(c?)js$/, '.$1ts')
}
