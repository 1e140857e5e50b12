// Joins modules that are always loaded together into one CommonJS file each: a module costs about half a millisecond of
// CPU time each time that a program starts, the same code in one file next to nothing (docs/decisions/0013, 0014). Runs
// after tsc has built file by file. The built modules stay where they were, as doors: each passes on from the joined file
// what it exports. A joined file is only ever required, so every module has one instance, whoever imports it and through
// whichever loader, and loaders find each under its own name.
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, relative, resolve } from 'node:path'
import { build } from 'esbuild'
import {
  GROUPS,
  INDEX,
  dist,
  exportsOf,
  groupOf,
  joining,
  nameInJoined,
  textWithJoinedLoads,
} from './joined-groups.mjs'

rmSync(resolve(dist, 'joined'), { recursive: true, force: true })
for (const group of Object.keys(GROUPS)) await join(group)
await takeAcorn()
for (const [file, group] of groupOf) writeDoor(file, group)

async function join(group) {
  const files = [...groupOf].flatMap(([file, own]) => (own === group && file !== INDEX ? [file] : []))
  const lines = files.flatMap((file) => {
    const names = exportsOf.get(file).map((name) => [name, nameInJoined(file, name)])
    return names.length > 0 ? [importOf(file, names)] : []
  })
  const offered = files.flatMap((file) => exportsOf.get(file).map((name) => nameInJoined(file, name)))
  if (groupOf.get(INDEX) === group) {
    const others = exportsOf.get(INDEX).filter((name) => !offered.includes(name))
    lines.push(
      importOf(
        INDEX,
        others.map((name) => [name, name]),
      ),
    )
    offered.push(...others)
  }
  // One literal, where esbuild would define a getter for each export: a tenth of a millisecond instead of one.
  lines.push(`offer({ ${offered} })`)
  const outfile = resolve(dist, 'joined', `${group}.cjs`)
  await build({
    stdin: { contents: lines.join('\n'), resolveDir: dist },
    outfile,
    ...joining('const offer = (all) => { module.exports = all };'),
    plugins: [{ name: group, setup: (bundle) => setup(bundle, group) }],
  })
  writeFileSync(outfile, withNamesOfClasses(readFileSync(outfile, 'utf8')))
}

// Of a class that names itself esbuild makes `Process=class _Process`, and what users see is called so. What it offers
// against that is a call for each function, half a millisecond of each start. A space keeps the source map true.
function withNamesOfClasses(text) {
  const names = new Set([...text.matchAll(/\b(\w+)=class _\1\b/g)].map(([, name]) => name))
  return [...names].reduce((all, name) => all.replaceAll(new RegExp(`\\b_${name}\\b`, 'g'), ` ${name}`), text)
}

function importOf(file, names) {
  return `import { ${names.map(([name, joined]) => (joined === name ? name : `${name} as ${joined}`)).join(', ')} } from './${file}'`
}

// The parser, as much of it as is used, with its licence (docs/decisions/0017). Its own names stand in no stack that
// anybody reads.
async function takeAcorn() {
  const folder = dirname(createRequire(import.meta.url).resolve('acorn/package.json'))
  const { version, license } = JSON.parse(readFileSync(resolve(folder, 'package.json'), 'utf8'))
  await build({
    stdin: { contents: "export { parse } from 'acorn'", resolveDir: dist },
    outfile: resolve(dist, 'joined', 'acorn.cjs'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    mainFields: ['module', 'main'],
    minify: true,
    logLevel: 'warning',
    banner: { js: `/*! acorn ${version}, ${license}: see acorn.LICENSE */` },
    footer: { js: 'module.exports = { ...module.exports };' },
  })
  copyFileSync(resolve(folder, 'LICENSE'), resolve(dist, 'joined', 'acorn.LICENSE'))
}

function setup(bundle, group) {
  bundle.onResolve({ filter: /^\./ }, ({ path, importer, resolveDir, kind, namespace }) => {
    if (namespace === 'door') return { path, external: true }
    const file = relative(dist, resolve(importer === '<stdin>' ? resolveDir : dirname(importer), path))
    if (kind !== 'import-statement') return { path: `../${file}`, external: true }
    return groupOf.get(file) === group ? undefined : { path: file, namespace: 'door' }
  })
  // What a module of another group exports, from the file in which that is joined.
  bundle.onLoad({ filter: /.*/, namespace: 'door' }, ({ path }) => ({
    contents: `export { ${joinedNames(path)} } from './${groupOf.get(path)}.cjs'`,
  }))
  bundle.onLoad({ filter: /\.js$/, namespace: 'file' }, ({ path }) => ({ contents: textWithJoinedLoads(path) }))
}

function joinedNames(file) {
  return exportsOf
    .get(file)
    .map((name) => {
      const joined = nameInJoined(file, name)
      return joined === name ? name : `${joined} as ${name}`
    })
    .join(', ')
}

function writeDoor(file, group) {
  rmSync(resolve(dist, `${file}.map`), { force: true })
  const joined = relative(dirname(resolve(dist, file)), resolve(dist, 'joined', `${group}.cjs`))
  const specifier = joined.startsWith('.') ? joined : `./${joined}`
  const names = exportsOf.get(file)
  const lines = [
    "import { createRequire } from 'node:module'",
    `const joined = createRequire(import.meta.url)('${specifier}')`,
    ...names.map((name) => `export const ${name} = joined.${nameInJoined(file, name)}`),
  ]
  writeFileSync(resolve(dist, file), names.length > 0 ? `${lines.join('\n')}\n` : 'export {}\n')
}
