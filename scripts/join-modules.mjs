// Joins modules that are always loaded together into one file each: a module costs about half a millisecond of CPU time
// each time that a program starts, the same code in one file next to nothing (docs/decisions/0013). Runs after tsc has built
// file by file. The built modules stay where they were, as doors: each passes on from the joined file what it exports. So
// every module has one instance, whoever imports it, and loaders find each under its own name.
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const dist = fileURLToPath(new URL('../dist/', import.meta.url))

const INDEX = 'index.js'

/** What is loaded together: everything that these import and that no group above has. */
const GROUPS = {
  surface: [INDEX],
  rebuild: ['capture/rebuild.js'],
  machine: ['process/parts.js', 'pool/engine.js', 'backend/processes.js'],
  capture: ['capture/capture.js'],
}

const IMPORT = /^(?:import|export)\b[^'";]*?\bfrom '(\.[^']+)'/gm

const groupOf = new Map()
for (const [group, entries] of Object.entries(GROUPS)) for (const entry of entries) assign(entry, group)

const exportsOf = new Map()
for (const file of groupOf.keys()) {
  exportsOf.set(file, Object.keys(await import(pathToFileURL(resolve(dist, file)).href)))
}
for (const group of Object.keys(GROUPS)) await join(group)
for (const [file, group] of groupOf) writeDoor(file, group)

function assign(file, group) {
  if (groupOf.has(file)) return
  groupOf.set(file, group)
  for (const [, specifier] of readFileSync(resolve(dist, file), 'utf8').matchAll(IMPORT)) {
    assign(relative(dist, resolve(dist, dirname(file), specifier)), group)
  }
}

async function join(group) {
  const files = [...groupOf].flatMap(([file, own]) => (own === group && file !== INDEX ? [file] : []))
  const lines = files.flatMap((file) => {
    const names = exportsOf.get(file).map((name) => `${name} as ${nameInJoined(file, name)}`)
    return names.length > 0 ? [`export { ${names.join(', ')} } from './${file}'`] : []
  })
  await build({
    stdin: { contents: lines.join('\n'), resolveDir: dist },
    // One folder below dist/, as all modules: what they say relative to themselves stays true.
    outfile: resolve(dist, 'joined', `${group}.js`),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    // Of a class that names itself esbuild makes `const Process = class _Process`.
    keepNames: true,
    sourcemap: true,
    sourcesContent: false,
    logLevel: 'warning',
    plugins: [{ name: group, setup: (bundle) => bundle.onResolve({ filter: /^\./ }, (found) => place(group, found)) }],
  })
}

function place(group, { path, importer, resolveDir, kind }) {
  const file = relative(dist, resolve(importer === '<stdin>' ? resolveDir : dirname(importer), path))
  if (kind === 'import-statement' && groupOf.get(file) === group) return undefined
  // The door of another group, or what is loaded when it is needed.
  return { path: `../${file}`, external: true }
}

/** Names are kept, for whoever finds a function by the name of its export, except where two modules have the same. */
function nameInJoined(file, name) {
  if (file === INDEX) return name
  const group = groupOf.get(file)
  const twice = [...exportsOf].some(
    ([one, names]) => one !== file && one !== INDEX && groupOf.get(one) === group && names.includes(name),
  )
  return twice ? `${name}_of_${file.replace(/\.js$/, '').replaceAll(/\W/g, '_')}` : name
}

function writeDoor(file, group) {
  const names = exportsOf.get(file).map((name) => {
    const joined = nameInJoined(file, name)
    return joined === name ? name : `${joined} as ${name}`
  })
  rmSync(resolve(dist, `${file}.map`), { force: true })
  const joined = relative(dirname(resolve(dist, file)), resolve(dist, 'joined', `${group}.js`))
  const specifier = joined.startsWith('.') ? joined : `./${joined}`
  writeFileSync(resolve(dist, file), `export { ${names.join(', ')} } from '${specifier}'\n`)
}
