import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { PoolCore } from '#dist/pool/core.js'
import { startMap } from '#dist/pool/map.js'
import { checkPoolOptions } from '#dist/pool/options.js'
import { startStream } from '#dist/pool/start-stream.js'
import { FakeBackend } from './fake-backend.ts'

const ROUNDS = 200

// Never runs: a fake worker answers with the item itself. That it writes to the console makes it one whose runs count.
const same = (n: number): number => {
  console.log(n)
  return n
}

describe('any interleaving of answers and deaths', () => {
  it(`costs what ran and nothing else, and runs nothing twice (${ROUNDS} random rounds)`, async () => {
    for (let seed = 1; seed <= ROUNDS; seed++) await play(seed)
  })
})

async function play(seed: number): Promise<void> {
  const random = randomFrom(seed)
  const backend = new FakeBackend()
  const core = new PoolCore(checkPoolOptions({ processes: 1 + Math.floor(random() * 3) }), backend)
  const deathRate = random() * 0.15
  const chunkSize = random() < 0.5 ? undefined : 1 + Math.floor(random() * 7)
  const outcomes = new Map<number, unknown>()
  const note = (n: number, outcome: unknown): void => {
    assert.ok(!outcomes.has(n), `seed ${seed}: item ${n} settled twice`)
    outcomes.set(n, outcome)
  }
  const settle = (first: number, results: PromiseSettledResult<unknown>[]): void => {
    for (const [at, one] of results.entries()) note(first + at, one.status === 'fulfilled' ? one.value : one.reason)
  }
  const options = { chunkSize, onError: 'settle' as const }
  const mapped = startMap(core, 'map', same, range(0, 30), options).then((all) => settle(0, all as never))
  const starred = startMap(
    core,
    'starmap',
    same,
    range(100, 10).map((n) => [n]),
    options,
  ).then((all) => settle(100, all as never))
  const called = range(200, 30).map((n) =>
    core.call(same, [n], { timeout: undefined, signal: undefined }).then(
      (value) => note(n, value),
      (reason: unknown) => note(n, reason),
    ),
  )
  const streamed = (async () => {
    const results: PromiseSettledResult<unknown>[] = []
    const stream = startStream(core, 'imap', same, range(300, 30), {
      ...options,
      buffer: 1 + Math.floor(random() * 20),
    })
    for await (const one of stream) results.push(one as never)
    settle(300, results)
  })()
  core.close(false)
  let over = false
  const all = Promise.all([mapped, starred, streamed, ...called, core.join()]).then(() => (over = true))
  for (let step = 0; !over; step++) {
    assert.ok(step < 20_000, `seed ${seed} hangs`)
    const worker = backend.living[Math.floor(random() * backend.living.length)]
    // One that starts must not die too often in a row: that would, rightly, be the end of the pool.
    if (worker !== undefined && worker.state !== 'starting' && random() < deathRate) worker.die()
    else worker?.step(random())
    if (random() < 0.3 || worker === undefined) await turn()
  }
  await all
  const lost = new Set(backend.lost.map(({ value }) => value))
  const twice = backend.begun.filter(({ value }, at) => backend.begun.findIndex((one) => one.value === value) !== at)
  assert.deepEqual(twice, [], `seed ${seed}`)
  for (const n of [...range(0, 30), ...range(100, 10), ...range(200, 30), ...range(300, 30)]) {
    const outcome = outcomes.get(n)
    if (lost.has(n)) assert.equal((outcome as { code?: string }).code, 'MC_WORKER_CRASHED', `seed ${seed}: item ${n}`)
    else assert.equal(outcome, n, `seed ${seed}: item ${n}`)
  }
  assert.equal(backend.living.length, 0, `seed ${seed} leaves workers`)
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
