/**
 * What it costs to start: manycore beside a bare `spawn`, `fork`, worker_threads and Python's three start methods, all
 * running in turn on this machine, and what importing manycore costs a program that starts nothing.
 *
 *     npm run -s build:test && node .build/bench/mass-start.js
 */
import { fork, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { Process } from 'manycore'

const ROUNDS = Number(process.env['MANYCORE_BENCH_ROUNDS'] ?? 15)
const AT_ONCE = 50
delete process.env['NODE_EXTRA_CA_CERTS']

const folder = mkdtempSync(join(tmpdir(), 'bench-start-'))
process.on('exit', () => rmSync(folder, { recursive: true }))
const empty = join(folder, 'empty.cjs')
writeFileSync(empty, '')
const echo = join(folder, 'echo.cjs')
writeFileSync(echo, "process.once('message', (n) => process.send(n * 2, () => process.disconnect()))")
const echoThread = join(folder, 'echo-thread.cjs')
writeFileSync(
  echoThread,
  "const { parentPort, workerData } = require('node:worker_threads'); parentPort.postMessage(workerData * 2)",
)
const index = new URL('../../dist/index.js', import.meta.url).href
const emptyModule = join(folder, 'empty.mjs')
writeFileSync(emptyModule, 'export {}\n')
const importing = join(folder, 'importing.mjs')
writeFileSync(importing, `import '${index}'\n`)

type Start = () => Promise<unknown>
const starts: Record<string, Start> = {
  'manycore Process, its result': () => new Process({ target: (n: number) => n * 2, args: [4] }).start().result,
  'bare spawn of an empty program, its end': () => ended(spawn(process.execPath, [empty], { stdio: 'ignore' })),
  'fork, one answer': () =>
    new Promise((resolve) => {
      const child = fork(echo)
      child.once('message', resolve)
      child.send(4)
    }),
  'worker_threads, one answer': () =>
    new Promise((resolve) => new Worker(echoThread, { workerData: 4 }).once('message', resolve)),
}

console.log(`Node ${process.version}, ${cpus()[0]?.model ?? 'unknown CPU'}, ${availableParallelism()} cores\n`)
const one = await inTurn(starts, (start) => start())
const many = await inTurn(starts, (start) => Promise.all(Array.from({ length: AT_ONCE }, start)), 3)
table(`start to answer, ms`, one)
table(`${AT_ONCE} at once, ms`, many)
table('a program that starts nothing, ms', {
  'empty module': await median(ROUNDS, () => ended(spawn(process.execPath, [emptyModule]))),
  'imports manycore': await median(ROUNDS, () => ended(spawn(process.execPath, [importing]))),
})
await memory()
python()

async function inTurn(all: Record<string, Start>, run: (start: Start) => Promise<unknown>, rounds = ROUNDS) {
  const times: Record<string, number[]> = {}
  for (let round = 0; round <= rounds; round++) {
    for (const [name, start] of Object.entries(all)) {
      const ms = await timed(() => run(start))
      // The first round loads what is loaded once.
      if (round > 0) (times[name] ??= []).push(ms)
    }
  }
  return Object.fromEntries(Object.entries(times).map(([name, list]) => [name, middle(list)]))
}

async function median(rounds: number, run: Start): Promise<number> {
  const list: number[] = []
  for (let round = 0; round < rounds; round++) list.push(await timed(run))
  return middle(list)
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now()
  await run()
  return performance.now() - startMs
}

function middle(list: readonly number[]): number {
  return [...list].sort((a, b) => a - b)[list.length >> 1] ?? NaN
}

function table(title: string, rows: Record<string, number>): void {
  const first = Object.values(rows)[0] ?? NaN
  console.log(title)
  for (const [name, value] of Object.entries(rows)) {
    console.log(`  ${name.padEnd(42)} ${value.toFixed(1).padStart(8)}   × ${(value / first).toFixed(2)}`)
  }
  console.log()
}

function ended(child: ReturnType<typeof spawn>): Promise<unknown> {
  return new Promise((resolve) => child.once('close', resolve))
}

async function memory(): Promise<void> {
  const read = (pid: number | undefined): number =>
    Number(/Private_Dirty:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1]) / 1024
  try {
    const child = new Process({ target: () => new Promise<void>(() => setInterval(() => {}, 60_000)) }).start()
    const bare = spawn(process.execPath, ['-e', 'console.log(1); setInterval(() => {}, 60_000)'])
    await new Promise((resolve) => bare.stdout.once('data', resolve))
    await child.join(500)
    table('private memory when idle, MiB', { 'manycore Process': read(child.pid), 'bare Node': read(bare.pid) })
    child.kill()
    bare.kill()
    await child.join()
  } catch (error) {
    console.log(`private memory: skipped, ${String(error)}\n`)
  }
}

function python(): void {
  const script = fileURLToPath(new URL('../../bench/mass-start.py', import.meta.url))
  const ran = spawnSync('python3', [script, String(ROUNDS), String(AT_ONCE)], { encoding: 'utf8' })
  console.log(ran.status === 0 ? ran.stdout : `Python: skipped, ${ran.error?.message ?? ran.stderr}`)
}
