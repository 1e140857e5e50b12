import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, type Program } from 'acorn'

const NODE_MODULES = join(import.meta.dirname, '../../../../node_modules')
const PACKAGES = ['acorn', 'eslint-scope', 'fast-check', 'knip', 'parse5', 'publint', 'semver', 'tsx', 'yaml', 'zod']

export interface PackageSource {
  readonly file: string
  readonly text: string
  readonly isModule: boolean
  readonly tree: Program
}

/** JavaScript that people wrote, compilers made and minifiers packed: sources of installed packages. */
export function* packageSources(mostPerPackage: number): Generator<PackageSource> {
  for (const name of PACKAGES) {
    const root = join(NODE_MODULES, name)
    const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.[cm]?js$/.test(file) && !file.includes('node_modules'))
      .sort()
    for (const file of files.slice(0, mostPerPackage)) {
      const text = readFileSync(join(root, file), 'utf8')
      const read = tryParse(text, 'module') ?? tryParse(text, 'script')
      if (read) yield { file: join(name, file), text, isModule: read.sourceType === 'module', tree: read }
    }
  }
}

function tryParse(text: string, sourceType: 'module' | 'script'): Program | undefined {
  try {
    return parse(text, {
      ecmaVersion: 'latest',
      sourceType,
      allowReturnOutsideFunction: true,
      allowHashBang: true,
      ranges: true,
    })
  } catch {
    return undefined
  }
}
