import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { PoolCore } from '#dist/pool/core.js'
import { startMap } from '#dist/pool/map.js'
import { checkPoolOptions } from '#dist/pool/options.js'
import { startStream } from '#dist/pool/start-stream.js'
import { FakeBackend } from './fake-backend.ts'

const ROUNDS = 200
const LIMIT = 2

// Never runs: a fake worker answers with the item itself. That it writes to the console makes it one whose runs count.
const same = (n: number): number => {
  console.log(n)
  return n
}

/** What was asked for one item beyond that it runs once. */
interface Asked {
  readonly retried?: boolean
  /** Given up at some moment, for this reason. */
  readonly givenUp?: unknown
}

describe('any interleaving of answers and deaths', () => {
  it(`costs what ran and nothing else, and runs nothing twice (${ROUNDS} random rounds)`, async () => {
    for (let seed = 1; seed <= ROUNDS; seed++) await play(seed, 'plain')
  })

  it(`with retries, priorities, cancelled calls and aborted maps too (${ROUNDS / 2} random rounds)`, async () => {
    for (let seed = 1; seed <= ROUNDS / 2; seed++) await play(seed, 'mixed')
  })
})

async function play(seed: number, kind: 'plain' | 'mixed'): Promise<void> {
  const random = randomFrom(seed)
  const backend = new FakeBackend()
  const core = new PoolCore(checkPoolOptions({ processes: 1 + Math.floor(random() * 3) }), backend)
  const deathRate = random() * 0.15
  const chunkSize = random() < 0.5 ? undefined : 1 + Math.floor(random() * 7)
  const outcomes = new Map<number, unknown>()
  const asked = new Map<number, Asked>()
  const later: (() => void)[] = []
  const retries = { limit: LIMIT, backoff: 0 }
  const note = (n: number, outcome: unknown): void => {
    assert.ok(!outcomes.has(n), `seed ${seed}: item ${n} settled twice`)
    outcomes.set(n, outcome)
  }
  const settle = (first: number, results: PromiseSettledResult<unknown>[]): void => {
    for (const [at, one] of results.entries()) note(first + at, one.status === 'fulfilled' ? one.value : one.reason)
  }
  /** Some of everything that a call or a map may be asked for. */
  const mixed = (items: readonly number[]): object => {
    if (kind === 'plain') return {}
    const isRetried = random() < 0.4
    const signal = random() < 0.25 ? abortLater(items) : undefined
    if (isRetried) for (const n of items) asked.set(n, { ...asked.get(n), retried: true })
    const grace = random() < 0.5 ? 0 : 100
    return { priority: Math.floor(random() * 3) - 1, retries: isRetried ? retries : undefined, signal, grace }
  }
  const abortLater = (items: readonly number[]): AbortSignal => {
    const controller = new AbortController()
    const givenUp = new Error('given up')
    for (const n of items) asked.set(n, { givenUp })
    later.push(() => controller.abort(givenUp))
    return controller.signal
  }
  const map = (verb: 'map' | 'starmap', first: number, count: number): Promise<void> => {
    const items = range(first, count)
    const options = { chunkSize, onError: 'settle' as const, ...mixed(items) }
    return startMap(core, verb, same, verb === 'map' ? items : items.map((n) => [n]), options).then(
      (all) => settle(first, all as never),
      (reason: unknown) => items.forEach((n) => note(n, reason)),
    )
  }
  const all: Promise<unknown>[] = [map('map', 0, 30), map('starmap', 100, 10)]
  for (const n of range(200, 30)) {
    const task = core.call(same, [n], { timeout: undefined, signal: undefined, ...mixed([n]) })
    if (kind === 'mixed' && random() < 0.2)
      later.push(() => task.cancel() && asked.set(n, { ...asked.get(n), givenUp: CANCELLED }))
    const settled = (outcome: unknown): void => note(n, outcome)
    all.push(task.then(settled, settled))
  }
  const streamed = async (): Promise<void> => {
    const results: PromiseSettledResult<unknown>[] = []
    const items = range(300, 30)
    const isRetried = kind === 'mixed' && random() < 0.4
    if (isRetried) for (const n of items) asked.set(n, { retried: true })
    const buffer = 1 + Math.floor(random() * 20)
    const options = { chunkSize, onError: 'settle' as const, buffer, retries: isRetried ? retries : undefined }
    for await (const one of startStream(core, 'imap', same, items, options)) results.push(one as never)
    settle(300, results)
  }
  all.push(streamed())
  core.close(false)
  all.push(core.join())
  let over = false
  const ended = Promise.all(all).then(() => (over = true))
  for (let step = 0; !over; step++) {
    assert.ok(step < 50_000, `${kind} seed ${seed} hangs`)
    if (random() < 0.05) later.splice(Math.floor(random() * later.length), 1)[0]?.()
    const worker = backend.living[Math.floor(random() * backend.living.length)]
    // One that starts must not die too often in a row: that would, rightly, be the end of the pool.
    let worked = true
    if (worker !== undefined && worker.state !== 'starting' && random() < deathRate) worker.die()
    else worked = worker?.step(random()) === true
    if (random() < 0.3 || !worked) await turn()
  }
  await ended
  check(`${kind} seed ${seed}`, backend, outcomes, asked)
}

function check(
  round: string,
  { begun, lost, living }: FakeBackend,
  outcomes: ReadonlyMap<number, unknown>,
  asked: ReadonlyMap<number, Asked>,
): void {
  const count = (list: readonly { value: unknown }[], n: number): number =>
    list.filter(({ value }) => value === n).length
  for (const n of [...range(0, 30), ...range(100, 10), ...range(200, 30), ...range(300, 30)]) {
    const what = `${round}: item ${n}`
    const { retried = false, givenUp } = asked.get(n) ?? {}
    const [runs, losses] = [count(begun, n), count(lost, n)]
    const outcome = outcomes.get(n)
    assert.ok(outcomes.has(n), `${what} has not settled`)
    // Each run but the first follows the loss of the one before.
    assert.ok(runs <= (retried ? Math.min(losses, LIMIT) + 1 : 1), `${what} ran ${runs} times, lost ${losses} times`)
    if (isReason(outcome, givenUp)) continue
    if (outcome === n) assert.equal(runs, losses + 1, what)
    else assert.equal((outcome as { code?: string }).code, retried ? 'MC_TASK_RETRIES' : 'MC_WORKER_CRASHED', what)
    assert.equal(losses > (retried ? LIMIT : 0), outcome !== n, what)
  }
  assert.equal(living.length, 0, `${round} leaves workers`)
}

const CANCELLED = 'MC_TASK_CANCELLED'

function isReason(outcome: unknown, givenUp: unknown): boolean {
  return givenUp !== undefined && (outcome === givenUp || (outcome as { code?: string }).code === givenUp)
}

function range(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, at) => first + at)
}

// Mulberry32: the same numbers for the same seed, so that a failure can be had again.
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
