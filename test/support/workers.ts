import { existsSync, readFileSync, readdirSync, readlinkSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SpawnOptions, Worker } from '#dist/backend/backend.js'
import { processBackend } from '#dist/backend/processes.js'
import { Kind, type Message } from '#dist/channel/messages.js'
import { shipFunction } from '#dist/marshal/functions.js'
import { SOON_MS } from './processes.ts'

/** One worker with the least that is needed to give it work. */
export interface TestWorker {
  readonly worker: Worker
  /** What it said, except for what `call` took. */
  readonly messages: Message[]
  call<A extends unknown[]>(fn: (...args: A) => unknown, ...args: A): Promise<unknown>
  /** Resolves with the first message that fits, also one that came already. */
  message(fits: (message: Message) => boolean): Promise<Message>
}

let count = 0

export function startWorker(options: Partial<SpawnOptions> & { role?: 'pool' | 'process' } = {}): TestWorker {
  const { role = 'pool', ...rest } = options
  count++
  const worker = processBackend.spawn({
    identity: {
      name: `Test-${count}`,
      path: [count],
      role,
      daemon: role === 'pool',
      depth: 1,
      parentPid: process.pid,
      parentName: 'MainProcess',
    },
    stdio: 'pipe',
    ...rest,
  })
  const messages: Message[] = []
  const waiting: { fits: (message: Message) => boolean; resolve: (message: Message) => void }[] = []
  let task = 0
  worker.channel.onMessage = (message) => {
    const at = waiting.findIndex(({ fits }) => fits(message))
    if (at < 0) messages.push(keep(message))
    else waiting.splice(at, 1)[0]?.resolve(keep(message))
  }
  const message = (fits: (message: Message) => boolean): Promise<Message> => {
    const at = messages.findIndex(fits)
    if (at >= 0) return Promise.resolve(messages.splice(at, 1)[0] as Message)
    return new Promise((resolve) => waiting.push({ fits, resolve }))
  }
  return {
    worker,
    messages,
    message,
    async call(fn, ...args) {
      const own = ++task
      const shipped = shipFunction(fn as (...args: never) => unknown)
      const definition = worker.marshal.define(shipped)
      if (definition !== undefined) worker.channel.send(definition)
      const payload = worker.marshal.encode(args, 'args')
      worker.channel.send({ kind: Kind.call, task: own, fn: shipped.id, index: 0, count: 0, payload })
      const answer = await Promise.race([
        message((one) => one.task === own && (one.kind === Kind.done || one.kind === Kind.failed)),
        worker.exited.then((exit) => {
          throw Object.assign(new Error(`${exit.worker} ${exit.reason}`), { exit })
        }),
      ])
      if (answer.payload === undefined) return undefined
      if (answer.kind === Kind.failed) throw await worker.marshal.decodeError(answer.payload)
      return worker.marshal.decode(answer.payload)
    },
  }
}

/** Whether the process runs; a zombie does not. */
export function isRunning(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.[0] !== 'Z'
  } catch {
    return false
  }
}

/** All processes whose parent is this one: its workers and its reaper. */
export function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && parentOf(name) === pid)
    .map(Number)
}

export function openDescriptors(): string[] {
  return existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd') : []
}

/** What they lead to. */
export function targetsOfDescriptors(): string[] {
  return openDescriptors()
    .map((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`)
      } catch {
        // It was open for the listing only.
        return ''
      }
    })
    .filter((target) => target !== '' && !isLeftByNode(target))
}

/** Node 20 (not 22) leaves modules open that a thread was reading when it was ended; `import()` is enough for it. */
function isLeftByNode(target: string): boolean {
  return process.versions.node.startsWith('20.') && /\.[cm]?js$/.test(target)
}

/** How many descriptors more than before are open, once those that are being closed are. */
export async function leftOpen(before: number): Promise<number> {
  const untilMs = performance.now() + SOON_MS
  for (;;) {
    const more = openDescriptors().length - before
    if (more <= 0 || performance.now() > untilMs) return Math.max(0, more)
    await sleep(10)
  }
}

export async function textOf(stream: NodeJS.ReadableStream | undefined): Promise<string> {
  const chunks: Buffer[] = []
  if (stream !== undefined) for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

function keep(message: Message): Message {
  const { payload } = message
  if (payload === undefined || typeof payload.body === 'string') return message
  return { ...message, payload: { ...payload, body: new Uint8Array(payload.body) } }
}

function parentOf(pid: string): number | undefined {
  try {
    return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1])
  } catch {
    return undefined
  }
}
