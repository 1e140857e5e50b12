/**
 * What it costs to start: manycore beside a bare `spawn`, `fork`, worker_threads and Python's three start methods, all
 * running in turn on this machine, one and many at once, and the memory of one that rests.
 *
 *     npm run -s build:test && node .build/bench/mass-start.js [--write]
 *
 * With --write the table goes into docs/performance.md. NODE_EXTRA_CA_CERTS is unset: it adds 30 ms to each start of
 * Node 20.
 */
import { type ChildProcess, fork, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { Process, activeChildren } from 'manycore'
import { privateMiB } from './memory.ts'
import { machine, median, short, writeBetween } from './report.ts'

const ROUNDS = Number(process.env['MANYCORE_BENCH_ROUNDS'] ?? 11)
const AT_ONCE = 50
const MASS_ROUNDS = 3
const THREADS = 4
const SETTLE_MS = 50
delete process.env['NODE_EXTRA_CA_CERTS']

interface Row {
  readonly one: number
  readonly many: number
  readonly memory: number | null
}

const folder = mkdtempSync(join(tmpdir(), 'bench-start-'))
process.on('exit', () => rmSync(folder, { recursive: true }))
const rest = 'setInterval(() => {}, 60_000)'
const files = {
  empty: program('empty.cjs', ''),
  echo: program('echo.cjs', "process.once('message', (n) => process.send(n * 2, () => process.disconnect()))"),
  echoThread: program(
    'echo-thread.cjs',
    "const { parentPort, workerData } = require('node:worker_threads'); parentPort.postMessage(workerData * 2)",
  ),
  restThread: program('rest-thread.cjs', `require('node:worker_threads').parentPort.postMessage(1); ${rest}`),
}
const twice = (n: number): number => n * 2
const resting = (): Promise<never> => new Promise(() => setInterval(() => {}, 60_000))

const starts: Record<string, () => Promise<unknown>> = {
  'manycore `Process`, its result': () => new Process({ target: twice, args: [4] }).start().result,
  'manycore `Thread`, its result': () => new Process({ backend: 'thread', target: twice, args: [4] }).start().result,
  '`spawn` of an empty program, its end': () => ended(spawn(process.execPath, [files.empty], { stdio: 'ignore' })),
  '`fork`, one answer': () =>
    new Promise((resolve) => {
      const child = fork(files.echo)
      child.once('message', resolve)
      child.send(4)
    }),
  'worker_threads, one answer': () =>
    new Promise((resolve) => new Worker(files.echoThread, { workerData: 4 }).once('message', resolve)),
}

const one = await inTurn(ROUNDS, (start) => start())
const many = await inTurn(MASS_ROUNDS, (start) => Promise.all(Array.from({ length: AT_ONCE }, start)))
const memory = await memoryOf()
const rows = Object.keys(starts).map((name): [string, Row] => [
  name,
  { one: one[name] ?? NaN, many: many[name] ?? NaN, memory: memory[name] ?? null },
])
const table = [
  `${machine()}, medians of ${ROUNDS} rounds of one and ${MASS_ROUNDS} of ${AT_ONCE}.`,
  '',
  `| start to answer | one, ms | ${AT_ONCE} at once, ms | private memory when it rests, MiB |`,
  '|---|---|---|---|',
  ...[...rows, ...python()].map(
    ([name, row]) =>
      `| ${name} | ${short(row.one)} | ${short(row.many)} | ${row.memory === null ? '–' : row.memory.toFixed(1)} |`,
  ),
].join('\n')
console.log(table)
if (process.argv.includes('--write')) writeBetween('starts', table)

async function inTurn(
  rounds: number,
  run: (start: () => Promise<unknown>) => Promise<unknown>,
): Promise<Record<string, number>> {
  const times: Record<string, number[]> = {}
  for (let round = 0; round <= rounds; round++) {
    for (const [name, start] of Object.entries(starts)) {
      const startMs = performance.now()
      await run(start)
      // The first round loads what is loaded once.
      if (round > 0) (times[name] ??= []).push(performance.now() - startMs)
      // Ends that are still under way are not to burden the next.
      await Promise.all(activeChildren().map((child) => child.join()))
      await sleep(SETTLE_MS)
    }
  }
  return Object.fromEntries(Object.entries(times).map(([name, list]) => [name, median(list)]))
}

async function memoryOf(): Promise<Record<string, number | null>> {
  const own = new Process({ target: resting }).start()
  const bare = spawn(process.execPath, ['-e', rest], { stdio: 'ignore' })
  const forked = fork(files.echo)
  forked.channel?.ref()
  await sleep(1_000)
  const sizes: Record<string, number | null> = {
    'manycore `Process`, its result': privateMiB(own.pid),
    '`spawn` of an empty program, its end': privateMiB(bare.pid),
    '`fork`, one answer': privateMiB(forked.pid),
  }
  for (const child of [bare, forked]) child.kill()
  own.kill()
  await own.join()
  const threads = Array.from({ length: THREADS }, () => new Worker(files.restThread))
  sizes['worker_threads, one answer'] = await growth(async () => {
    await Promise.all(threads.map((thread) => new Promise((resolve) => thread.once('message', resolve))))
  })
  await Promise.all(threads.map((thread) => thread.terminate()))
  const owned = Array.from({ length: THREADS }, () => new Process({ backend: 'thread', target: resting }))
  sizes['manycore `Thread`, its result'] = await growth(async () => {
    for (const thread of owned) thread.start()
    await sleep(500)
  })
  await Promise.all(owned.map((thread) => thread.terminate()))
  return sizes
}

/** Of this process, for one thread. */
async function growth(run: () => Promise<void>): Promise<number | null> {
  const before = privateMiB(process.pid)
  await run()
  await sleep(500)
  const after = privateMiB(process.pid)
  return before === null || after === null ? null : (after - before) / THREADS
}

function python(): [string, Row][] {
  const script = fileURLToPath(new URL('../../bench/mass-start.py', import.meta.url))
  const ran = spawnSync('python3', [script, ...[ROUNDS, AT_ONCE, MASS_ROUNDS].map(String)], { encoding: 'utf8' })
  if (ran.status !== 0) {
    console.error(`Python: skipped, ${ran.error?.message ?? ran.stderr}`)
    return []
  }
  const told = JSON.parse(ran.stdout) as { version: string; rows: Record<string, Row> }
  return Object.entries(told.rows).map(([method, row]) => [`Python ${told.version}, \`${method}\``, row])
}

function ended(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve) => child.once('close', resolve))
}

function program(name: string, text: string): string {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}
