// Runs the compiled tests, each file in a process of its own, and afterwards fails when a test left something behind.
//
//   node scripts/run-tests.mjs [--concurrency N] [--timeout MS] [filter …]
//
// A filter keeps the files whose path contains it: `pool`, `channel/framing`. The files are listed one by one because
// `node --test` takes neither a folder (Node 22 and 24) nor a glob (Node 20) on every version we support.
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join, relative, sep } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = fileURLToPath(new URL('..', import.meta.url))
const MARK = 'MANYCORE_TEST_RUN'
const TEMP_PREFIX = 'manycore-'

process.exitCode = await main()

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      folder: { type: 'string', default: '.build/test' },
      // One more than there are cores, as some of them wait.
      concurrency: { type: 'string', default: String(Math.min(4, availableParallelism() + 1)) },
      timeout: { type: 'string', default: '300000' },
      // Between the end of the last test and the end of its workers lies a moment.
      settle: { type: 'string', default: '3000' },
      // How long a process may live on alone, when whoever started it is gone.
      alone: { type: 'string', default: '20000' },
    },
  })
  const files = testFiles(join(root, values.folder), positionals)
  if (files.length === 0) {
    console.error(`No test in ${values.folder} matches ${positionals.join(' or ') || 'anything'}: build first.`)
    return 1
  }

  // A temp folder of its own, so that what other programs put into the shared one is not taken for ours.
  const temp = mkdtempSync(join(realpathSync(tmpdir()), 'test-run-'))
  const before = { run: randomUUID(), temp, memory: sharedMemoryFiles() }
  try {
    const { code, tests } = await runNode(files, values, before)
    const clean = await nothingLeft(before, Number(values.settle))
    if (code === 0 && tests === 0) console.error('No test ran.')
    return code || (tests > 0 && clean ? 0 : 1)
  } finally {
    rmSync(temp, { recursive: true, force: true, maxRetries: 5 })
  }
}

function testFiles(folder, filters) {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true })
    .filter((name) => /\.test\.c?js$/.test(name) && !name.split(sep).includes('fixtures'))
    .filter((name) => hasSource(join(folder, name)))
    .map((name) => relative(process.cwd(), join(folder, name)))
    .filter((name) => filters.length === 0 || filters.some((filter) => name.split(sep).join('/').includes(filter)))
    .sort()
}

// tsc leaves the output of a test behind whose source was moved or deleted.
function hasSource(file) {
  const source = relative(join(root, '.build'), file).replace(/js$/, 'ts')
  return source.startsWith('..') || existsSync(join(root, source))
}

function runNode(files, { concurrency, timeout, alone }, { run, temp }) {
  const args = [
    ...process.execArgv,
    '--test',
    '--test-reporter=spec',
    `--test-concurrency=${concurrency}`,
    `--test-timeout=${timeout}`,
  ]
  const env = { ...process.env, [MARK]: run, TMPDIR: temp, TEMP: temp, TMP: temp }
  // Set when a test runs this script; node's runner refuses to run inside itself.
  delete env['NODE_TEST_CONTEXT']
  // Each Node that starts would read all of them, for 30 ms; tests start thousands, and use no network.
  delete env['NODE_EXTRA_CA_CERTS']
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...args, ...files], { stdio: ['ignore', 'pipe', 'inherit'], env })
    const seen = new Map()
    const orphaned = new Map()
    let hung = false
    const watch = setInterval(() => {
      endHangingFiles(child.pid, Number(timeout), seen)
      hung = endOrphans(child.pid, `${MARK}=${run}`, Number(alone), orphaned) || hung
    }, 1000)
    let tail = ''
    child.stdout.on('data', (chunk) => {
      process.stdout.write(chunk)
      tail = (tail + chunk).slice(-100_000)
    })
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearInterval(watch)
      if (signal !== null) console.error(`node --test was ended by ${signal}.`)
      resolve({ code: hung ? code || 1 : (code ?? 1), tests: Number(/ℹ tests (\d+)/.exec(tail)?.[1] ?? 0) })
    })
  })
}

// `--test-timeout` is kept by the test's own process, from Node 24 on by nobody else: one whose event loop is blocked
// never ends. `firstSeen` holds the processes of the test files, with the time.
function endHangingFiles(runner, timeoutMs, firstSeen) {
  for (const { pid, parent, command } of processTable()) {
    if (parent !== runner) continue
    if (!firstSeen.has(pid)) firstSeen.set(pid, Date.now())
    if (Date.now() - firstSeen.get(pid) < timeoutMs + 1000) continue
    console.error(`Ended a test file that took longer than ${timeoutMs} ms: ${command.split(' ').at(-1)}`)
    kill(pid)
  }
}

// What a test file that was cut off had started runs on, takes the processor from the other files, and holds the output
// of the runner open, which then never ends. No test leaves anything alone for so long on purpose.
function endOrphans(runner, mark, aloneMs, firstSeen) {
  const parents = new Map(processTable().map(({ pid, parent }) => [pid, parent]))
  const isOurs = (pid) => pid === runner || (parents.has(pid) && isOurs(parents.get(pid)))
  const orphans = livingProcesses(mark).filter(({ pid }) => !isOurs(pid))
  let ended = false
  for (const { pid, command } of orphans) {
    if (!firstSeen.has(pid)) firstSeen.set(pid, Date.now())
    if (Date.now() - firstSeen.get(pid) < aloneMs) continue
    console.error(`Ended process ${pid}, which a test had left running: ${command}`)
    kill(pid)
    ended = true
  }
  return ended
}

async function nothingLeft(before, settleMs) {
  const deadline = Date.now() + settleMs
  let left = leftovers(before)
  while (left.processes.length + left.files.length > 0 && Date.now() < deadline) {
    await sleep(50)
    left = leftovers(before)
  }
  for (const one of left.processes) console.error(`Left process ${one.pid} (parent ${one.parent}): ${one.command}`)
  for (const file of left.files) console.error(`Left file ${file}`)
  for (const one of left.processes) kill(one.pid)
  if (left.processes.length + left.files.length > 0) return false
  const processes = existsSync('/proc/self/environ') ? 'no process' : 'processes not checked (no /proc on this system)'
  console.log(`Left behind: ${processes}, no temp file.`)
  return true
}

function leftovers({ run, temp, memory }) {
  return {
    processes: livingProcesses(`${MARK}=${run}`),
    files: [
      ...readdirSync(temp)
        .filter((name) => name.startsWith(TEMP_PREFIX))
        .map((name) => join(temp, name)),
      ...sharedMemoryFiles().filter((file) => !memory.includes(file)),
    ],
  }
}

// Every process that a test starts inherits the mark, however deep, unless it is given an environment without it.
function livingProcesses(mark) {
  return processTable().filter(({ pid }) => read(`/proc/${pid}/environ`).split('\0').includes(mark))
}

function processTable() {
  if (!existsSync('/proc/self/stat')) return []
  const found = []
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    const [state, parent] = read(`/proc/${entry}/stat`)
      .replace(/^.*\) /s, '')
      .split(' ')
    if (parent === undefined || state === 'Z' || state === 'X') continue
    const command = read(`/proc/${entry}/cmdline`).replaceAll('\0', ' ').trim()
    found.push({ pid: Number(entry), parent: Number(parent), command })
  }
  return found
}

function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}

// Empty for a process that ended while we looked, or that belongs to somebody else.
function read(file) {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return ''
  }
}

function sharedMemoryFiles() {
  const folder = '/dev/shm'
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => name.startsWith(TEMP_PREFIX))
    .map((name) => join(folder, name))
}
