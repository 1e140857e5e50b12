// Reads every file of a folder (default: node_modules) and finds out its SHA-256, its number of lines and its size
// after gzip: first in this process, then on all cores. Then it runs the four small programs beside it.
//
//   npm start              npm start -- <folder> …

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { extname } from 'node:path'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { Pool, cpuCount, currentProcess } from 'manycore'
import { explain, findFiles, showPath, warm } from './main-job/files.ts'
import { compare, megabytes, perWorker, seconds, type Result } from './main-job/report.ts'

const newline = 10
const level = 6
const largest = 256 * 1024 * 1024

function countLines(content: Uint8Array): number {
  let lines = 0
  for (let at = content.indexOf(newline); at !== -1; at = content.indexOf(newline, at + 1)) lines++
  return content.length > 0 && content.at(-1) !== newline ? lines + 1 : lines
}

// This function goes to the workers as it stands here, with the variables, the helper and the imports that it uses.
function measure(path: string): Result {
  const began = performance.now()
  const result = { path, bytes: 0, lines: 0, gzip: 0, sha256: '', problem: undefined, worker: currentProcess().name }
  try {
    const { size } = statSync(path)
    if (size > largest) {
      return { ...result, problem: `has ${megabytes(size)}, more than the ${megabytes(largest)} this job reads`, ms: 0 }
    }
    const content = readFileSync(path)
    return {
      ...result,
      bytes: content.length,
      lines: countLines(content),
      gzip: gzipSync(content, { level }).length,
      sha256: createHash('sha256').update(content).digest('hex'),
      ms: performance.now() - began,
    }
  } catch (error) {
    return { ...result, problem: explain(error), ms: performance.now() - began }
  }
}

/** Measures all files twice, alone and on all cores, and tells how that went. */
async function compareRuns(files: readonly string[]): Promise<void> {
  warm(files, largest)

  let began = performance.now()
  const alone = files.map((file) => measure(file))
  const aloneMs = performance.now() - began
  for (const { path, problem } of alone)
    if (problem !== undefined) console.log(`Left out: ${showPath(path)} ${problem}.`)
  const bytes = alone.reduce((sum, one) => sum + one.bytes, 0)
  console.log(`One process: ${seconds(aloneMs)} for ${megabytes(bytes)}.`)

  began = performance.now()
  const pool = new Pool()
  const together = await pool.map(measure, files)
  pool.close()
  await pool.join()
  const togetherMs = performance.now() - began
  console.log(`All ${cpuCount()} cores: ${seconds(togetherMs)}, the start of the workers included.`)
  for (const line of perWorker(together)) console.log(`  ${line}`)

  const { differ, changed } = compare(alone, together)
  for (const path of changed) console.log(`Changed meanwhile: ${showPath(path)} could be read in one run only.`)
  for (const path of differ) console.log(`DIFFERENT: ${showPath(path)}`)
  console.log(differ.length === 0 ? 'Both results are equal.' : `${differ.length} results differ.`)
  console.log(`Speed-up: ${(aloneMs / togetherMs).toFixed(2)} times.`)
  if (differ.length > 0) process.exitCode = 1
}

// Whoever pipes this into `head` has seen enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

const folders = process.argv.length > 2 ? process.argv.slice(2) : ['node_modules']
const found = folders.map((folder) => findFiles(folder))
const files = found.flatMap((one) => one.files)
for (const { path, what } of found.flatMap((one) => one.problems)) console.log(`Left out: ${showPath(path)} ${what}.`)
const links = found.reduce((sum, one) => sum + one.links, 0)
console.log(`${files.length} files in ${folders.map(showPath).join(', ')}; ${links} links not followed.`)
if (files.length > 0) await compareRuns(files)
else {
  console.log('There is nothing to measure: name a folder with files, as in `npm start -- src`.')
  process.exitCode = 1
}

for (const name of ['heart-1-process', 'heart-2-pool', 'heart-3-squares', 'heart-4-current-process']) {
  console.log(`\n${name}`)
  const program = fileURLToPath(new URL(`./${name}${extname(import.meta.url)}`, import.meta.url))
  // What it prints goes through here, so that a pipe that nobody reads any more ends this program only.
  const { status, stdout } = spawnSync(process.execPath, [...process.execArgv, program], {
    stdio: ['inherit', 'pipe', 'inherit'],
    encoding: 'utf8',
  })
  process.stdout.write(stdout)
  if (status !== 0) {
    console.log(`${name} failed with exit code ${status}.`)
    process.exitCode = 1
  }
}
