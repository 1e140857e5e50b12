// Which built modules are joined into which file (docs/decisions/0013, 0014), read from what they import. For the scripts
// that join, before the modules become doors.
import { readFileSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

export const dist = fileURLToPath(new URL('../dist/', import.meta.url))

/** What users import. */
export const INDEX = 'index.js'

/** What tasks can see of their worker, which has it in common with the library that a task may load: classes and state. */
export const SEEN_BY_TASKS = [
  'base/errors.js',
  'worker/context.js',
  'worker/task-context.js',
  'codec/registry.js',
  'codec/move.js',
]

/** What is loaded together: everything that these import and that no group above has. */
export const GROUPS = {
  // The event loop is taken hold of before a test can put something in its place.
  shared: [...SEEN_BY_TASKS, 'base/load.js', 'base/event-loop.js'],
  surface: [INDEX],
  rebuild: ['capture/rebuild.js'],
  launch: ['pool/entrance.js'],
  machine: [
    'process/parts.js',
    'pool/engine.js',
    'backend/processes.js',
    'capture/capture.js',
    'capture/stacks.js',
    'capture/verdict.js',
    'capture/walk.js',
  ],
  threads: ['backend/threads.js'],
  inline: ['backend/inline.js', 'worker/loop.js'],
  preload: ['worker/preload.js'],
}

/** How esbuild joins modules. `js`: what stands before them. */
export const joining = (js = '') => ({
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  // V8 reads all of it once; names stay, for stacks.
  minifyWhitespace: true,
  minifySyntax: true,
  sourcemap: true,
  sourcesContent: false,
  logLevel: 'warning',
  // A joined file lies one folder below dist/, as all modules: what they say relative to themselves stays true.
  define: { 'import.meta.url': 'own.url' },
  banner: { js: `const own = { get url() { return require('node:url').pathToFileURL(__filename).href } };${js}` },
})

const IMPORT = /^(?:import|export)\b[^'";]*?\bfrom '(\.[^']+)'/gm

/** The group of each built module that is in one. */
export const groupOf = new Map()
for (const [group, entries] of Object.entries(GROUPS)) for (const entry of entries) assign(entry, group)

/** What each of them exports. */
export const exportsOf = new Map()
for (const file of groupOf.keys()) {
  exportsOf.set(file, Object.keys(await import(pathToFileURL(resolve(dist, file)).href)))
}

/**
 * Names are kept, for whoever finds a function by the name of its export, except where two modules have the same; then
 * the one for which others are joined keeps it.
 */
export function nameInJoined(file, name) {
  if (file === INDEX) return name
  const group = groupOf.get(file)
  const isEntry = (one) => GROUPS[group].includes(one)
  const twice = [...exportsOf].some(
    ([one, names]) =>
      one !== file &&
      one !== INDEX &&
      groupOf.get(one) === group &&
      names.includes(name) &&
      (isEntry(one) || !isEntry(file)),
  )
  return twice ? `${name}_of_${file.replace(/\.js$/, '').replaceAll(/\W/g, '_')}` : name
}

/** The text of a built module, in which what is loaded when it is needed comes from the joined file at once. */
export function textWithJoinedLoads(path) {
  const text = readFileSync(path, 'utf8')
  return text.replaceAll(/\bload\('\.\.\/([\w-]+\/[\w-]+\.js)'\)/g, (call, file) => {
    const group = groupOf.get(file)
    if (group === undefined) return call
    const renamed = exportsOf.get(file).filter((name) => nameInJoined(file, name) !== name)
    if (renamed.length > 0) throw new Error(`${file} is loaded by name, but ${renamed} stand twice in ${group}`)
    return `load('../joined/${group}.cjs')`
  })
}

function assign(file, group) {
  if (groupOf.has(file)) return
  groupOf.set(file, group)
  for (const [, specifier] of readFileSync(resolve(dist, file), 'utf8').matchAll(IMPORT)) {
    assign(relative(dist, resolve(dist, dirname(file), specifier)), group)
  }
}
