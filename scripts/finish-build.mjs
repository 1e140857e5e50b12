// tsc leaves `./x.ts` in the specifiers of declaration files (TypeScript #61037); editors that do not know
// `allowImportingTsExtensions` cannot follow them, so they are rewritten to the emitted names.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const dist = fileURLToPath(new URL('../dist/', import.meta.url))
let count = 0
for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
  if (!/\.d\.c?ts$/.test(entry.name)) continue
  const file = join(entry.parentPath, entry.name)
  const text = readFileSync(file, 'utf8')
  const next = text.replace(/((?:from |import\()['"]\.[^'"]*)\.(c?)ts(['"])/g, '$1.$2js$3')
  if (next !== text) writeFileSync(file, next)
  count++
}
console.log(`built ${count} modules into dist/`)
