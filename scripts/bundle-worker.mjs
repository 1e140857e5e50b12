// Joins what a worker process or thread loads to start into one CommonJS file: 36 ES modules cost it 25 ms of CPU time, the same
// code in one file 4 (docs/decisions/0007). Only code that nobody can tell from a second instance goes in. Modules with
// classes or state that a task can see, and all of `capture`, stay where they are and are loaded when first used.
import { basename, dirname, relative, resolve } from 'node:path'
import { build } from 'esbuild'
import { SEEN_BY_TASKS, dist, exportsOf, joining, textWithJoinedLoads } from './joined-groups.mjs'

const folder = resolve(dist, 'worker')

// Compiled after the entry has told the owner that the worker runs.
const SERVICES = ['process-service', 'thread-service']

await build({
  entryPoints: ['process-entry.cjs', 'thread-entry.cjs', ...SERVICES.map((name) => `${name}.js`)].map((name) =>
    resolve(folder, name),
  ),
  outdir: folder,
  outExtension: { '.js': '.cjs' },
  allowOverwrite: true,
  ...joining(),
  plugins: [{ name: 'worker', setup }],
})

function setup(bundle) {
  bundle.onResolve({ filter: /^\./ }, ({ path, importer, kind, namespace }) => {
    const file = resolve(dirname(importer), path)
    const name = relative(dist, file)
    // Behind a dynamic import is the way under a loader, which has to see each module for itself.
    if (kind === 'dynamic-import' || namespace === 'late') return { path, external: true }
    if (SERVICES.includes(basename(name, '.js')) && kind !== 'entry-point')
      return { path: path.replace(/js$/, 'cjs'), external: true }
    if (SEEN_BY_TASKS.includes(name)) return { path: name, namespace: 'late' }
    if (name.startsWith('capture/'))
      throw new Error(`${relative(dist, importer)} loads ${name} into each worker at its start`)
    return undefined
  })
  bundle.onLoad({ filter: /.*/, namespace: 'late' }, ({ path }) => {
    const getters = exportsOf.get(path).map((name) => `get ${name}() { return load().${name} },`)
    return {
      contents: `const load = () => require('../joined/shared.cjs')\nmodule.exports = { __esModule: true, ${getters.join('\n')} }`,
      loader: 'js',
    }
  })
  bundle.onLoad({ filter: /\.js$/, namespace: 'file' }, ({ path }) => ({ contents: textWithJoinedLoads(path) }))
}
