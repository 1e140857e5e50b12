import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** A name that the package exports, with what its declaration file says about it. */
export interface PublicName {
  readonly name: string
  readonly kind: 'class' | 'function' | 'const' | 'interface' | 'type'
  /** The doc comment right above the declaration, or nothing. */
  readonly doc: string | undefined
  readonly declaration: string
}

/** Follows the re-exports of a declaration file, as a user's compiler does; sorted by name. */
export function readSurface(file: string): PublicName[] {
  return [...readExports(file).values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** One line for each name, as the committed list has it. */
export function listSurface(surface: readonly PublicName[]): string {
  return surface.map(({ kind, name }) => `${kind} ${name}\n`).join('')
}

function readExports(file: string): Map<string, PublicName> {
  const text = readFileSync(file, 'utf8')
  const found = new Map<string, PublicName>()
  for (const [, star, list = '', specifier = ''] of text.matchAll(
    /^export (?:type )?(?:(\*)|\{([^}]*)\}) from ['"](\.[^'"]+)['"]/gm,
  )) {
    const inner = readExports(declarationFile(file, specifier))
    if (star !== undefined) for (const one of inner.values()) found.set(one.name, one)
    for (const { from, to } of names(list)) found.set(to, { ...fetch(inner, from, specifier), name: to })
  }
  const declared =
    /(\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n)?^export (?:declare )?(?:abstract )?(class|function|const|interface|type) (\w+)[^\n]*/gm
  for (const [whole, doc, kind, name = ''] of text.matchAll(declared)) {
    // Of overloads the first one carries the comment.
    if (found.has(name)) continue
    const declaration = whole.slice(doc?.length ?? 0)
    found.set(name, { name, kind: kind as PublicName['kind'], doc, declaration })
  }
  return found
}

function names(list: string): { from: string; to: string }[] {
  return list
    .split(',')
    .map((entry) => entry.trim().replace(/^type /, ''))
    .filter((entry) => entry !== '')
    .map((entry) => {
      const [from = '', to = from] = entry.split(' as ')
      return { from, to }
    })
}

function fetch(names: Map<string, PublicName>, name: string, specifier: string): PublicName {
  const found = names.get(name)
  if (found === undefined) throw new Error(`${specifier} does not declare ${name}`)
  return found
}

function declarationFile(from: string, specifier: string): string {
  const file = join(dirname(from), specifier.replace(/\.(c?)js$/, '.d.$1ts'))
  if (!existsSync(file)) throw new Error(`${from} re-exports ${specifier}, which has no declarations`)
  return file
}
