// Runs the tests with V8's coverage, worker processes and threads included, and prints the lines of src/ that none of them
// has run. Filters as in run-tests.mjs.
//
// V8 counts in the joined files of dist/, of which most have one line; their source maps lead each piece of code back to
// its line. (v8-to-istanbul 9.3 cuts off ranges of a joined file at the length of its first source, so that c8 takes
// nearly all of it for covered.) A worker that is killed tells nothing of what it ran.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = pathToFileURL(join(root, 'dist/')).href
const folder = join(root, '.cache/coverage')

rmSync(folder, { recursive: true, force: true })
const command = ['--import=./scripts/limit-each-test.mjs', 'scripts/run-tests.mjs', ...process.argv.slice(2)]
const env = { ...process.env, NODE_V8_COVERAGE: folder }
process.exitCode = spawnSync(process.execPath, command, { cwd: root, stdio: 'inherit', env }).status ?? 1
report(linesOf(ranPieces()))

/** For each built file, which of its characters some process has run. */
function ranPieces() {
  const ran = new Map()
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    for (const { url, functions } of scriptsIn(join(folder, name))) {
      if (!url.startsWith(dist)) continue
      const file = fileURLToPath(url)
      if (!ran.has(file)) ran.set(file, new Uint8Array(readFileSync(file, 'utf8').length))
      const all = ran.get(file)
      const own = new Uint8Array(all.length)
      // The inner ranges, which come later, count instead of the outer ones.
      const ranges = functions.flatMap((one) => one.ranges)
      ranges.sort((a, b) => a.startOffset - b.startOffset || b.endOffset - a.endOffset)
      for (const { startOffset, endOffset, count } of ranges) own.fill(count > 0 ? 1 : 0, startOffset, endOffset)
      for (let at = 0; at < own.length; at++) all[at] |= own[at]
    }
  }
  return ran
}

// What a process that was killed had begun to write cannot be read.
function scriptsIn(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).result
  } catch {
    return []
  }
}

/** For each source, its lines with code, and whether some of it was run. */
function linesOf(ran) {
  const sources = new Map()
  for (const [file, pieces] of ran) {
    if (!existsSync(`${file}.map`)) continue
    const map = new SourceMap(JSON.parse(readFileSync(`${file}.map`, 'utf8')))
    let start = 0
    for (const [at, text] of readFileSync(file, 'utf8').split('\n').entries()) {
      for (let column = 0; column < text.length; column++) {
        const { generatedLine, generatedColumn, originalSource, originalLine } = map.findEntry(at, column)
        if (generatedLine !== at || generatedColumn !== column || originalSource === undefined) continue
        const source = relative(root, resolve(dirname(file), originalSource))
        if (!sources.has(source)) sources.set(source, new Map())
        const lines = sources.get(source)
        lines.set(originalLine, (lines.get(originalLine) ?? false) || pieces[start + column] === 1)
      }
      start += text.length + 1
    }
  }
  return sources
}

function report(sources) {
  let [all, missed] = [0, 0]
  for (const [source, lines] of [...sources].sort(([a], [b]) => a.localeCompare(b, 'en'))) {
    const never = [...lines].flatMap(([line, wasRun]) => (wasRun ? [] : [line])).sort((a, b) => a - b)
    all += lines.size
    missed += never.length
    if (never.length === 0) continue
    console.log(`\n${source}`)
    const text = readFileSync(join(root, source), 'utf8').split('\n')
    for (const line of never) console.log(`${String(line + 1).padStart(6)}  ${text[line]}`)
  }
  console.log(`\n${all - missed} of ${all} lines of ${sources.size} files in src/ were run; the others stand above.`)
}
