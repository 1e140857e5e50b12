/**
 * What a worker process loads, file by file: bytes, milliseconds, and the modules of Node that came with it; up to its
 * `ready`, while it waits, and for its first function. Whatever stands here is paid for by each worker.
 *
 *     npm run -s build:test && node .build/bench/worker-loads.js [rounds]
 *
 * The times are medians, without those of what was loaded inside. They hold the cost of taking them, and a first touch
 * of the disk in the first round.
 */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { processBackend } from '#dist/backend/processes.js'
import { type Message, Kind } from '#dist/channel/messages.js'
import { shipFunction } from '#dist/marshal/functions.js'
import { median } from './report.ts'

delete process.env['NODE_EXTRA_CA_CERTS']

type Phase = 'start' | 'while it waits' | 'first function'

interface Loaded {
  readonly name: string
  readonly phase: Phase
  readonly bytes: number
  readonly ms: number
  /** Modules of Node that were not there before. */
  readonly builtins: readonly string[]
}

interface Told {
  readonly loaded: readonly Loaded[]
  /** Modules of Node that an empty program has as well. */
  readonly before: number
  readonly after: number
}

const rounds = Number(process.argv[2] ?? 7)
const folder = mkdtempSync(join(tmpdir(), 'manycore-bench-'))
try {
  // Between Node and the worker's entry, because anything preloaded would make the worker load in another way.
  const recorder = file('recorder.cjs', `(${record.toString()})()`)
  const shell = file('node.sh', `#!/bin/sh\nexec '${process.execPath}' '${recorder}' "$@"\n`)
  chmodSync(shell, 0o755)
  const all: Told[] = []
  for (let round = 0; round < rounds; round++) all.push(await tellLoads(shell))
  print(all)
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function tellLoads(execPath: string): Promise<Told> {
  const identity = { name: 'Bench', path: [1], role: 'pool', daemon: true, depth: 1 } as const
  const worker = processBackend.spawn({
    identity: { ...identity, parentPid: process.pid, parentName: 'MainProcess' },
    execPath,
    execArgv: [],
    stdio: 'inherit',
  })
  await worker.ready
  // A worker of a pool waits while its owner captures.
  await new Promise((resolve) => setTimeout(resolve, 50))
  const answered = new Promise<Message>((resolve) => (worker.channel.onMessage = resolve))
  const tell = shipFunction(() => (globalThis as { tellLoads?: () => unknown }).tellLoads?.())
  const definition = worker.marshal.define(tell)
  if (definition !== undefined) worker.channel.send(definition)
  const payload = worker.marshal.encode([], 'args')
  worker.channel.send({ kind: Kind.call, task: 1, fn: tell.id, index: 0, count: 0, payload })
  const { payload: answer } = await answered
  if (answer === undefined) throw new Error('The worker has told nothing.')
  const told = worker.marshal.decode(answer) as Told
  await worker.stop()
  return told
}

function print(all: readonly Told[]): void {
  const last = all.at(-1)
  if (last === undefined) return
  console.log(`Node ${process.version}, medians of ${rounds} rounds`)
  console.log(`${'when'.padEnd(16)}${'what'.padEnd(33)}${'KiB'.padStart(7)}${'ms'.padStart(7)}  modules of Node`)
  for (const { name, phase, bytes, builtins } of last.loaded) {
    const ms = median(all.flatMap(({ loaded }) => loaded.filter((one) => one.name === name).map((one) => one.ms)))
    const more = builtins.length > 3 ? `${builtins.slice(0, 3).join(' ')} … ${builtins.length}` : builtins.join(' ')
    const kib = bytes === 0 ? '' : (bytes / 1024).toFixed(1)
    console.log(`${phase.padEnd(16)}${name.padEnd(33)}${kib.padStart(7)}${ms.toFixed(2).padStart(7)}  ${more}`)
  }
  const sum = (phase: Phase): string =>
    median(all.map(({ loaded }) => loaded.reduce((ms, one) => ms + (one.phase === phase ? one.ms : 0), 0))).toFixed(1)
  console.log(`start ${sum('start')} ms, while it waits ${sum('while it waits')}, function ${sum('first function')}`)
  console.log(`modules of Node: ${last.before} in an empty program, ${last.after} in the worker`)
}

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

// Runs in the worker as a program of its own: it sees nothing of this file.
function record(): void {
  const { Module } = process.getBuiltinModule('node:module') as unknown as { Module: Loader }
  const { readFileSync, statSync } = process.getBuiltinModule('node:fs')
  const { relative, dirname } = process.getBuiltinModule('node:path')
  const list = (process as unknown as { moduleLoadList: string[] }).moduleLoadList
  // Node loads its clock when it is first asked for.
  performance.now()
  const before = list.length
  const loaded: Loaded[] = []
  const inside: { ms: number; builtins: string[] }[] = []
  let phase: Phase = 'start'

  function timed<T>(name: string, bytes: number, load: () => T): T {
    const own = { ms: 0, builtins: [] as string[] }
    const known = list.length
    inside.push(own)
    const startMs = performance.now()
    try {
      return load()
    } finally {
      const ms = performance.now() - startMs
      inside.pop()
      const around = inside.at(-1)
      const fresh = list.slice(known)
      if (around !== undefined) {
        around.ms += ms
        around.builtins.push(...fresh)
      }
      const builtins = fresh.filter((one) => !own.builtins.includes(one)).map((one) => one.replace(/^.* /, ''))
      if (bytes > 0 || builtins.length > 0) loaded.push({ name, phase, bytes, ms: ms - own.ms, builtins })
    }
  }

  const load = Module._load
  Module._load = function (request, parent, isMain) {
    if (Module.isBuiltin(request)) return timed(request, 0, () => load.call(Module, request, parent, isMain))
    return load.call(Module, request, parent, isMain)
  }
  const compile = Module._extensions['.js']
  Module._extensions['.js'] = function (module, filename) {
    const name = relative(dirname(dirname(entry)), filename)
    return timed(name, statSync(filename).size, () => compile.call(Module._extensions, module, filename))
  }
  const getBuiltin = process.getBuiltinModule
  process.getBuiltinModule = ((name: string) => timed(name, 0, () => getBuiltin(name))) as typeof getBuiltin

  Object.assign(globalThis, { tellLoads: () => ({ loaded, before, after: list.length }) satisfies Told })
  process.argv.splice(1, 1)
  const entry = process.argv[1] as string
  // The first read of it belongs to the disk.
  readFileSync(entry)
  const fs = process.getBuiltinModule('node:fs')
  const write = fs.writeSync
  // The first that it writes is its `ready`.
  fs.writeSync = ((...args: Parameters<typeof write>) => {
    fs.writeSync = write
    const written = write(...args)
    const ms = performance.now() - beganMs
    const bytes = statSync(entry).size
    loaded.push({ name: 'worker/process-entry.cjs: ready', phase, bytes, ms, builtins: list.slice(before) })
    for (const own of inside) own.ms += ms
    phase = 'while it waits'
    return written
  }) as typeof write
  const beganMs = performance.now()
  load.call(Module, entry, undefined, true)
  // A while after it could have loaded anything by itself.
  setTimeout(() => (phase = 'first function'), 25).unref()

  interface Loader {
    _load(request: string, parent: unknown, isMain: boolean): unknown
    readonly _extensions: Record<string, (module: unknown, filename: string) => unknown> & {
      '.js': (module: unknown, filename: string) => unknown
    }
    isBuiltin(name: string): boolean
  }
}
