// What tsc does not do: declaration files get the emitted names in their specifiers, and the output of a source that was
// moved or deleted goes away, so that it is neither tested nor published.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const dist = fileURLToPath(new URL('../dist/', import.meta.url))
const src = fileURLToPath(new URL('../src/', import.meta.url))
let count = 0
for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue
  const file = join(entry.parentPath, entry.name)
  const source = join(src, relative(dist, file)).replace(/(\.d)?\.(c?)[jt]s(\.map)?$/, '.$2ts')
  if (!existsSync(source)) rmSync(file)
  else if (/\.d\.c?ts$/.test(entry.name)) {
    count++
    emitNames(file)
  }
}
console.log(`built ${count} modules into dist/`)

// tsc leaves `./x.ts` in the specifiers of declaration files (TypeScript #61037); editors that do not know
// `allowImportingTsExtensions` cannot follow them.
function emitNames(file) {
  const text = readFileSync(file, 'utf8')
  const next = text.replace(/((?:from |import\()['"]\.[^'"]*)\.(c?)ts(['"])/g, '$1.$2js$3')
  if (next !== text) writeFileSync(file, next)
}
