// What a message costs between an owner and its worker, beside what Node offers: round trip, tasks per second with 16
// outstanding, and 100 MB one way with the longest time for which the owner's event loop stood still.
//
//   npm run -s build:test && node .build/bench/channel.js [rounds]
//
// All ways run in turn in each round, and medians are shown, because one machine is twice as fast as itself a second
// later. A task is `[number, 1, 42]`, encoded and decoded as JSON by ours.
import { fork, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import type { Socket } from 'node:net'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { isMainThread, MessageChannel, parentPort, Worker, workerData } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import type { Channel } from '#dist/channel/channel.js'
import { Kind } from '#dist/channel/messages.js'
import type { Message } from '#dist/channel/messages.js'
import { openPipe } from '#dist/channel/pipe.js'
import { openPort } from '#dist/channel/port.js'
import { median } from './report.ts'

const ROUND_TRIPS = 20_000
const TASKS = 100_000
const OUTSTANDING = 16
const BIG_BYTES = 100_000_000

/** One way to another process or thread, whose other end answers a task with its first number. */
interface Way {
  readonly name: string
  send(task: number): void
  /** Sends bytes; the answer is their length. */
  sendBig(bytes: Uint8Array): void
  onAnswer: (answer: number) => void
  end(): void
}

const self = fileURLToPath(import.meta.url)

async function main(): Promise<void> {
  const rounds = Number(process.argv[2] ?? 5)
  const ways = [pipe(), port(), forked('json'), forked('advanced'), threaded(false), threaded(true)]
  const rows = new Map(ways.map((way) => [way, { p50: [], p99: [], tasks: [], big: [], still: [] } as Row]))
  for (let round = 0; round <= rounds; round++) {
    for (const way of ways) {
      const row = rows.get(way) as Row
      const trips = await roundTrips(way, round === 0 ? 2000 : ROUND_TRIPS)
      const perSecond = await pipelined(way, round === 0 ? 10_000 : TASKS)
      // A JSON channel turns bytes into something else.
      const big = way.name.includes('json') ? undefined : await oneWay(way)
      if (round === 0) continue
      row.p50.push(trips[trips.length >> 1] as number)
      row.p99.push(trips[Math.floor(trips.length * 0.99)] as number)
      row.tasks.push(perSecond)
      if (big !== undefined) row.big.push(big.totalMs)
      if (big !== undefined) row.still.push(big.stillMs)
    }
  }
  for (const way of ways) way.end()

  console.log(`${cpus()[0]?.model.trim()}, ${cpus().length} cores, Node ${process.version}, ${process.platform}`)
  console.log(`median of ${rounds} rounds; in brackets the ratio to the first row\n`)
  const first = rows.get(ways[0] as Way) as Row
  print(['', 'round trip p50', 'p99', `tasks/s, ${OUTSTANDING} outstanding`, '100 MB one way', 'event loop still'])
  for (const [way, row] of rows) {
    print([
      way.name,
      cell(row.p50, first.p50, (value) => `${value.toFixed(1)} µs`),
      cell(row.p99, first.p99, (value) => `${value.toFixed(1)} µs`),
      cell(row.tasks, first.tasks, (value) => `${(value / 1000).toFixed(0)} k`),
      cell(row.big, first.big, (value) => `${value.toFixed(0)} ms`),
      cell(row.still, first.still, (value) => `${value.toFixed(0)} ms`),
    ])
  }
}

type Row = Record<'p50' | 'p99' | 'tasks' | 'big' | 'still', number[]>

function roundTrips(way: Way, count: number): Promise<number[]> {
  const took: number[] = []
  return new Promise((resolve) => {
    let sentMs = performance.now()
    way.onAnswer = () => {
      const now = performance.now()
      took.push((now - sentMs) * 1000)
      if (took.length === count) resolve(took.sort((a, b) => a - b))
      else {
        sentMs = performance.now()
        way.send(took.length)
      }
    }
    way.send(0)
  })
}

function pipelined(way: Way, count: number): Promise<number> {
  const startMs = performance.now()
  return new Promise((resolve) => {
    let sent = 0
    let answered = 0
    way.onAnswer = () => {
      if (++answered === count) resolve(count / ((performance.now() - startMs) / 1000))
      else if (sent < count) way.send(sent++)
    }
    while (sent < OUTSTANDING) way.send(sent++)
  })
}

async function oneWay(way: Way): Promise<{ totalMs: number; stillMs: number }> {
  const bytes = new Uint8Array(BIG_BYTES).fill(1)
  await new Promise((resolve) => setTimeout(resolve, 20))
  const startMs = performance.now()
  let lastMs = startMs
  let stillMs = 0
  let done = false
  const look = (): void => {
    stillMs = Math.max(stillMs, performance.now() - lastMs)
    lastMs = performance.now()
    if (!done) setImmediate(look)
  }
  const answer = new Promise<number>((resolve) => (way.onAnswer = resolve))
  way.sendBig(bytes)
  look()
  if ((await answer) !== BIG_BYTES) throw new Error(`${way.name} lost bytes`)
  done = true
  return { totalMs: performance.now() - startMs, stillMs }
}

function pipe(): Way {
  const child = spawn(process.execPath, [self, 'pipe'], { stdio: ['ignore', 'inherit', 'inherit', 'pipe'] })
  return channelWay('manycore pipe', openPipe(child.stdio[3] as Socket))
}

function port(): Way {
  const { port1, port2 } = new MessageChannel()
  const worker = new Worker(self, { workerData: { port: port2 }, transferList: [port2] })
  worker.unref()
  return channelWay('manycore port', openPort(port1))
}

function channelWay(name: string, channel: Channel): Way {
  const way: Way = { name, onAnswer: ignore, send, sendBig, end: () => channel.close() }
  channel.onMessage = ({ payload }) => way.onAnswer((JSON.parse(payload?.body as string) as number[])[0] as number)
  function send(task: number): void {
    channel.send(call(JSON.stringify([task, 1, 42]), []))
  }
  function sendBig(bytes: Uint8Array): void {
    channel.send(call('null', [bytes]))
  }
  return way
}

function forked(serialization: 'json' | 'advanced'): Way {
  const child: ChildProcess = fork(self, ['fork'], { serialization })
  const way: Way = {
    name: `fork ${serialization}`,
    onAnswer: ignore,
    send: (task) => child.send([task, 1, 42]),
    sendBig: (bytes) => child.send(bytes),
    end: () => child.disconnect(),
  }
  child.on('message', (answer) => way.onAnswer((answer as number[])[0] as number))
  return way
}

function threaded(transfer: boolean): Way {
  const worker = new Worker(self, { workerData: { port: undefined } })
  const way: Way = {
    name: transfer ? 'worker_threads, transfer' : 'worker_threads',
    onAnswer: ignore,
    send: (task) => worker.postMessage([task, 1, 42]),
    sendBig: (bytes) => worker.postMessage(bytes, transfer ? [bytes.buffer as ArrayBuffer] : []),
    end: () => void worker.terminate(),
  }
  worker.on('message', (answer) => way.onAnswer((answer as number[])[0] as number))
  return way
}

function answerOver(channel: Channel): void {
  channel.onMessage = ({ payload }) => {
    const big = payload?.buffers[0]
    const task = big === undefined ? (JSON.parse(payload?.body as string) as number[]) : [big.length]
    channel.send(call(JSON.stringify(task), []))
  }
}

function answer(task: number[] | Uint8Array): number[] {
  return task instanceof Uint8Array ? [task.length] : task
}

function call(body: string, buffers: Uint8Array[]): Message {
  return { kind: Kind.call, task: 1, fn: 1, index: 0, count: 0, payload: { tag: 1, body, buffers } }
}

function print(cells: string[]): void {
  console.log(cells.map((text, i) => (i === 0 ? text.padEnd(25) : text.padStart(24))).join(''))
}

function cell(values: number[], first: number[], show: (value: number) => string): string {
  if (values.length === 0) return '–'
  return `${show(median(values))} (${(median(values) / median(first)).toFixed(2)})`
}

function ignore(): void {}

if (!isMainThread) {
  const given = (workerData as { port: MessagePort | undefined }).port
  if (given !== undefined) answerOver(openPort(given))
  else parentPort?.on('message', (task: number[] | Uint8Array) => parentPort?.postMessage(answer(task)))
} else if (process.argv[2] === 'pipe') answerOver(openPipe(3))
else if (process.argv[2] === 'fork')
  process.on('message', (task: number[] | Uint8Array) => process.send?.(answer(task)))
else await main()
