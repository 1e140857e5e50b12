// Runs the compiled tests, each file in a process of its own, and afterwards fails when a test left something behind.
//
//   node scripts/run-tests.mjs [--concurrency N] [--timeout MS] [filter …]
//
// A filter keeps the files whose path contains it: `pool`, `channel/framing`. The files are listed one by one because
// `node --test` takes neither a folder (Node 22 and 24) nor a glob (Node 20) on every version we support.
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join, relative, sep } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = fileURLToPath(new URL('..', import.meta.url))
const MARK = 'MANYCORE_TEST_RUN'
const TEMP_PREFIX = 'manycore-'
// Between the end of the last test and the end of its workers lies a moment; a reaper needs about 2 ms.
const SETTLE_MS = 3000

process.exitCode = await main()

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { concurrency: { type: 'string' }, timeout: { type: 'string', default: '120000' } },
  })
  const files = testFiles(positionals)
  if (files.length === 0) {
    console.error(`No compiled test matches ${positionals.join(', ') || 'anything'} under .build/test: build first.`)
    return 1
  }

  const run = randomUUID()
  const tempBefore = new Set(tempEntries())
  const concurrency = values.concurrency ?? String(Math.max(1, Math.min(4, availableParallelism())))
  const summary = await runNode(files, concurrency, values.timeout, run)
  if (summary.code !== 0) return summary.code
  if (summary.tests === 0) {
    console.error('No test ran.')
    return 1
  }
  return (await nothingLeft(run, tempBefore)) ? 0 : 1
}

function testFiles(filters) {
  const folder = join(root, '.build', 'test')
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true })
    .filter((name) => /\.test\.c?js$/.test(name) && !name.split(sep).includes('fixtures'))
    .map((name) => relative(process.cwd(), join(folder, name)))
    .filter((name) => filters.length === 0 || filters.some((filter) => name.split(sep).join('/').includes(filter)))
    .sort()
}

function runNode(files, concurrency, timeoutMs, run) {
  const args = [
    ...process.execArgv,
    '--test',
    '--enable-source-maps',
    '--test-reporter=spec',
    `--test-concurrency=${concurrency}`,
    `--test-timeout=${timeoutMs}`,
    ...files,
  ]
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, [MARK]: run },
    })
    let tail = ''
    child.stdout.on('data', (chunk) => {
      process.stdout.write(chunk)
      tail = (tail + chunk).slice(-4000)
    })
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (signal !== null) console.error(`node --test was ended by ${signal}.`)
      const tests = Number(/^ℹ tests (\d+)$/m.exec(stripColours(tail))?.[1] ?? 0)
      resolve({ code: code ?? 1, tests })
    })
  })
}

async function nothingLeft(run, tempBefore) {
  const deadline = Date.now() + SETTLE_MS
  let processes = livingProcesses(run)
  let temps = newTemps(tempBefore)
  while ((processes?.length || temps.length) && Date.now() < deadline) {
    await sleep(50)
    processes = livingProcesses(run)
    temps = newTemps(tempBefore)
  }
  if (processes === undefined) console.log('Left processes: not checked, this system has no /proc.')
  for (const one of processes ?? []) console.error(`Left process ${one.pid} (parent ${one.parent}): ${one.command}`)
  for (const name of temps) console.error(`Left in ${tmpdir()}: ${name}`)
  if (processes?.length || temps.length) return false
  console.log(`Nothing left behind: ${processes === undefined ? '' : 'no process, '}no temp file.`)
  return true
}

// Every process that a test starts inherits the mark, however deep, unless it is given an environment without it.
function livingProcesses(run) {
  if (!existsSync('/proc/self/environ')) return undefined
  const mark = `${MARK}=${run}`
  const found = []
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid)) continue
    try {
      if (!readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(mark)) continue
      const [state, parent] = readFileSync(`/proc/${pid}/stat`, 'latin1')
        .replace(/^.*\) /s, '')
        .split(' ')
      if (state === 'Z') continue
      const command = readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ').trim()
      found.push({ pid, parent, command: command || readlinkSync(`/proc/${pid}/exe`) })
    } catch {
      // It ended while we looked, or belongs to somebody else.
    }
  }
  return found
}

function tempEntries() {
  return readdirSync(tmpdir()).filter((name) => name.startsWith(TEMP_PREFIX))
}

function newTemps(before) {
  return tempEntries().filter((name) => !before.has(name))
}

function stripColours(text) {
  // eslint-disable-next-line no-control-regex
  return text.replace(/\u001b\[[0-9;]*m/g, '')
}
