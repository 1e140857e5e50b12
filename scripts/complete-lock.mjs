// Adds to package-lock.json the platform packages that npm left out. npm drops an optional package from the lock when
// the registry in use does not offer it, and then `npm ci` refuses the lock behind every other registry, and behind the
// same one too. An entry for another platform is never fetched, so its version and platform are enough.
//
//   node scripts/complete-lock.mjs      after a change of dependencies, when test/lockfile.test.ts asks for it
import { readFileSync, writeFileSync } from 'node:fs'

const file = new URL('../package-lock.json', import.meta.url)
const lock = JSON.parse(readFileSync(file, 'utf8'))
const packages = lock.packages

for (const [path, holder] of Object.entries(packages)) {
  for (const [name, range] of Object.entries(holder.optionalDependencies ?? {})) {
    if (`${path}/node_modules/${name}` in packages || `node_modules/${name}` in packages) continue
    const entry = {
      version: range.replace(/^[\^~]/, ''),
      ...platformOf(name),
      dev: true,
      license: 'MIT',
      optional: true,
    }
    packages[`node_modules/${name}`] = entry
    console.log(`added ${name}@${entry.version} (${[...(entry.os ?? []), ...entry.cpu].join(' ')})`)
  }
}
lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => a.localeCompare(b, 'en')))
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)

// `@oxfmt/binding-linux-x64-musl`, `@oxlint-tsgolint/darwin-arm64`, `@oxc-resolver/binding-wasm32-wasi`
function platformOf(name) {
  const [system, cpu, libc = ''] = name
    .replace(/^.*\//, '')
    .replace(/^binding-/, '')
    .split('-')
  if (system === 'wasm32') return { cpu: ['wasm32'] }
  if (cpu === undefined) throw new Error(`The platform of ${name} cannot be told from its name: add it by hand.`)
  const known = system === 'linux' && libc !== '' ? { libc: [libc.startsWith('musl') ? 'musl' : 'glibc'] } : {}
  return { cpu: [cpu], ...known, os: [system] }
}
