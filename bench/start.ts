/**
 * What it costs to have a worker: from spawn to ready beside what Node itself offers, its memory and CPU time when it
 * is idle, and what a program pays that imports manycore and uses nothing of it.
 *
 *     npm run -s build:test && node .build/bench/start.js [rounds]
 *
 * The runs of all contestants take turns, so that a noisy moment hits all of them, and each begins when the one before it
 * has ended. NODE_EXTRA_CA_CERTS is unset: it adds 30 ms to each start of Node 20.
 */
import { fork, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker as Thread } from 'node:worker_threads'
import { processBackend } from '#dist/backend/processes.js'
import type { Worker } from '#dist/backend/backend.js'
import { Kind } from '#dist/channel/messages.js'
import { shipFunction } from '#dist/marshal/functions.js'
import { privateMiB } from './memory.ts'
import { median } from './report.ts'

delete process.env['NODE_EXTRA_CA_CERTS']

const rounds = Number(process.argv[2] ?? 20)
const folder = mkdtempSync(join(tmpdir(), 'manycore-bench-'))
const files = {
  empty: program('empty.cjs', ''),
  emptyModule: program('empty.mjs', ''),
  says: program('says.cjs', "require('node:fs').writeSync(1, 'r')"),
  sends: program('sends.cjs', "process.send('r')"),
  posts: program('posts.cjs', "require('node:worker_threads').parentPort.postMessage('r')"),
  imports: program('imports.mjs', `import ${JSON.stringify(import.meta.resolve('manycore'))}`),
}
// What Node counted at the end of the program, in microseconds.
const tellsCpu = program(
  'tells-cpu.cjs',
  "process.on('exit', () => { const { user, system } = process.cpuUsage(); require('node:fs').writeSync(1, `${user + system}`) })",
)

const one = shipFunction(() => 1)
/** Each gives the milliseconds from its start until it is there. */
const contestants: Record<string, () => Promise<number>> = {
  'spawn, first byte on stdout': async () => {
    const started = performance.now()
    const child = spawn(process.execPath, [files.says], { stdio: ['ignore', 'pipe', 'ignore'] })
    const ended = once(child, 'exit')
    await once(child.stdout, 'data')
    return await untilOver(started, ended)
  },
  'fork, first message': async () => {
    const started = performance.now()
    const child = fork(files.sends, { stdio: 'ignore' })
    const ended = once(child, 'exit')
    await once(child, 'message')
    child.disconnect()
    return await untilOver(started, ended)
  },
  'worker_threads, first message': async () => {
    const started = performance.now()
    const thread = new Thread(files.posts)
    const ended = once(thread, 'exit')
    await once(thread, 'message')
    return await untilOver(started, ended)
  },
  'manycore, ready': async () => {
    const started = performance.now()
    const worker = start()
    await worker.ready
    const ms = performance.now() - started
    await worker.stop()
    return ms
  },
  'manycore, result of a first call': async () => {
    const started = performance.now()
    const worker = start()
    const answered = new Promise((resolve) => (worker.channel.onMessage = resolve))
    const definition = worker.marshal.define(one)
    if (definition !== undefined) worker.channel.send(definition)
    const payload = worker.marshal.encode([], 'args')
    worker.channel.send({ kind: Kind.call, task: 1, fn: one.id, index: 0, count: 0, payload })
    await answered
    const ms = performance.now() - started
    await worker.stop()
    return ms
  },
  'node empty.cjs, to its end': () => toEnd(files.empty),
  'node empty.mjs, to its end': () => toEnd(files.emptyModule),
  'node importing manycore, to its end': () => toEnd(files.imports),
}

try {
  await compareStarts()
  compareImports()
  await measureIdle()
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function compareStarts(): Promise<void> {
  const times = new Map(Object.keys(contestants).map((name): [string, number[]] => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of Object.entries(contestants)) times.get(name)?.push(await run())
  }
  console.log(`Node ${process.version}, ${rounds} rounds, without NODE_EXTRA_CA_CERTS`)
  console.log(`${''.padEnd(40)}${'median'.padStart(10)}${'best'.padStart(10)}  ms`)
  for (const [name, all] of times) {
    const [middle, best] = [median(all), Math.min(...all)].map((ms) => ms.toFixed(1).padStart(10))
    console.log(`${name.padEnd(40)}${middle}${best}`)
  }
}
/** CPU time says what an import costs also where other programs run; wall times do only on a quiet machine. */
function compareImports(): void {
  const times = { [files.emptyModule]: [] as number[], [files.imports]: [] as number[] }
  for (let round = 0; round < rounds; round++) {
    for (const [file, all] of Object.entries(times)) {
      const { stdout } = spawnSync(process.execPath, ['--require', tellsCpu, file], { encoding: 'utf8' })
      all.push(Number(stdout) / 1000)
    }
  }
  const [empty = NaN, imports = NaN] = [files.emptyModule, files.imports].map((file) => median(times[file] ?? []))
  console.log(`CPU time of an empty ES module           ${empty.toFixed(1).padStart(9)}  ms`)
  console.log(`and of one that imports manycore, more   ${(imports - empty).toFixed(1).padStart(9)}  ms`)
}

async function measureIdle(): Promise<void> {
  const workers = Array.from({ length: 4 }, start)
  await Promise.all(workers.map(({ ready }) => ready))
  // What was loaded for the start is garbage soon.
  await sleep(500)
  const pids = workers.map(({ pid }) => pid as number)
  const before = pids.map(cpuMs)
  await sleep(2000)
  const spent = pids.map((pid, at) => cpuMs(pid) - (before[at] ?? 0))
  const own = median(pids.map((pid) => privateMiB(pid) ?? NaN))
  const resting = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' })
  await sleep(500)
  console.log(`private memory of an idle worker         ${own.toFixed(1).padStart(9)}  MiB`)
  const bare = privateMiB(resting.pid) ?? NaN
  console.log(`private memory of a resting empty node   ${bare.toFixed(1).padStart(9)}  MiB`)
  console.log(`CPU time of four idle workers in 2 s     ${String(spent.reduce((a, b) => a + b, 0)).padStart(9)}  ms`)
  resting.kill()
  await Promise.all(workers.map((worker) => worker.stop()))
}

function start(): Worker {
  return processBackend.spawn({
    identity: {
      name: 'Bench',
      path: [1],
      role: 'pool',
      daemon: true,
      depth: 1,
      parentPid: process.pid,
      parentName: 'MainProcess',
    },
    stdio: 'inherit',
  })
}

/** The time until now; its end does not reach into the time of the next one. */
async function untilOver(started: number, ended: Promise<unknown>): Promise<number> {
  const ms = performance.now() - started
  await ended
  return ms
}

function toEnd(file: string): Promise<number> {
  const started = performance.now()
  const child = spawn(process.execPath, [file], { stdio: 'ignore' })
  return new Promise((resolve) => child.once('exit', () => resolve(performance.now() - started)))
}

function program(name: string, text: string): string {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}

function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10
}
