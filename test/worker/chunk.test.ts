import { deepEqual, equal, match } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Kind, type Message } from '#dist/channel/messages.js'
import { shipFunction } from '#dist/marshal/functions.js'
import { makeGate } from '../support/meeting.js'
import { startWorker, type TestWorker } from '../support/workers.js'

type Answer = readonly [index: number, value: unknown]

function sendChunk({ worker }: TestWorker, fn: (...args: never) => unknown, items: unknown[], star = false): void {
  const shipped = shipFunction(fn)
  const definition = worker.marshal.define(shipped)
  if (definition !== undefined) worker.channel.send(definition)
  const payload = worker.marshal.encode(items, 'items')
  const kind = star ? Kind.starChunk : Kind.chunk
  worker.channel.send({ kind, task: 1, fn: shipped.id, index: 100, count: items.length, payload })
}

/** Each item with its value, or with its error. */
async function answersIn({ worker }: TestWorker, messages: readonly Message[]): Promise<Answer[]> {
  const answers: Answer[] = []
  for (const { kind, index, payload } of messages) {
    if (payload === undefined) continue
    if (kind === Kind.itemFailed) answers.push([index, await worker.marshal.decodeError(payload)])
    if (kind !== Kind.items) continue
    const values = (await worker.marshal.decode(payload)) as unknown[]
    values.forEach((value, at) => answers.push([index + at, value]))
  }
  return answers
}

async function run(fn: (...args: never) => unknown, items: unknown[], star = false): Promise<Answer[]> {
  const one = startWorker()
  sendChunk(one, fn, items, star)
  await one.worker.stop({ graceMs: 60_000 })
  return answersIn(one, one.messages)
}

const VALUES = [1, 2.5, 'text', undefined, { of: ['many'] }, -0, null]

describe('a chunk', () => {
  it('is answered item by item, in order', async () => {
    deepEqual(await run((n: number) => n * 2, [1, 2, 3]), [
      [100, 2],
      [101, 4],
      [102, 6],
    ])
  })

  it('spreads the arguments of a starred one', async () => {
    deepEqual(
      await run(
        (a: number, b: number) => a - b,
        [
          [5, 2],
          [7, 3],
        ],
        true,
      ),
      [
        [100, 3],
        [101, 4],
      ],
    )
  })

  it('waits for each promise before the next item begins', async () => {
    const answers = await run(
      async (n: number) => {
        const state = globalThis as { running?: number }
        state.running = (state.running ?? 0) + 1
        await new Promise((resolve) => setTimeout(resolve, n))
        return [n, state.running--]
      },
      [8, 4, 0],
    )
    deepEqual(answers, [
      [100, [8, 1]],
      [101, [4, 1]],
      [102, [0, 1]],
    ])
  })

  it('costs an item that throws nothing but itself, also when it rejects or its value cannot travel', async () => {
    const answers = await run(
      (n: number) => {
        if (n === 1) throw new RangeError('one')
        if (n === 2) return Promise.reject(new TypeError('two'))
        if (n === 4) return (function* () {})()
        if (n === 6)
          return {
            get then(): never {
              throw new Error('six')
            },
          }
        return n
      },
      [0, 1, 2, 3, 4, 5, 6, 7],
    )
    deepEqual(
      answers.map(([index]) => index),
      [100, 101, 102, 103, 104, 105, 106, 107],
    )
    deepEqual(
      [0, 3, 5, 7].map((at) => answers[at]?.[1]),
      [0, 3, 5, 7],
    )
    match(String(answers[1]?.[1]), /RangeError: one/)
    match(String(answers[2]?.[1]), /TypeError: two/)
    match(String(answers[4]?.[1]), /ValueUnsendableError/)
    match(String(answers[6]?.[1]), /Error: six/)
  })

  it('gives each value as it was when its item had finished, whatever stands beside it', async () => {
    const gives = [
      undefined,
      1,
      -0,
      NaN,
      'a "text" \ud800',
      undefined,
      null,
      [undefined],
      true,
      2.5,
      { a: [1] },
      10n,
      3,
    ]
    deepEqual(
      await run(
        (values: unknown[], at: number) => values[at],
        gives.map((_, at) => [gives, at]),
        true,
      ),
      gives.map((value, at) => [100 + at, value]),
    )
    const count = (n: number): unknown => {
      const state = globalThis as { seen?: number[] }
      const seen = (state.seen ??= [])
      seen.push(n)
      return seen
    }
    deepEqual(await run(count, [1, 2, 3]), [
      [100, [1]],
      [101, [1, 2]],
      [102, [1, 2, 3]],
    ])
  })

  it('whose items give nothing is answered for each of them, with and without a note of what runs', async () => {
    for (const fn of [(): void => {}, (): void => void process.pid]) {
      const one = startWorker()
      sendChunk(one, fn, [1, 2, 3, 4, 5, 6, 7, 8, 9])
      await one.worker.stop({ graceMs: 60_000 })
      deepEqual(
        await answersIn(one, one.messages),
        Array.from({ length: 9 }, (_, at) => [100 + at, undefined]),
      )
    }
  })

  it('sends what has finished before an item that takes long', async () => {
    const one = startWorker()
    sendChunk(one, (n: number) => (n < 3 ? n : new Promise(() => setInterval(() => {}, 1000))), [0, 1, 2, 3])
    await one.message(({ kind, index, count }) => kind === Kind.items && index + count === 103)
    one.worker.kill('SIGKILL')
    await one.worker.exited
  })

  it('after SIGKILL the journal tells which item was running and what had finished', async () => {
    const one = startWorker()
    sendChunk(
      one,
      (n: number) => {
        if (n === 57) process.kill(process.pid, 'SIGKILL')
        return VALUES[n % VALUES.length]
      },
      Array.from({ length: 100 }, (_, n) => n),
    )
    await one.worker.exited
    const journal = one.worker.readJournal()
    deepEqual(journal.position, { task: 1, index: 157 })
    const answers = new Map([...(await answersIn(one, one.messages)), ...(await answersIn(one, journal.unsent))])
    deepEqual(
      [...answers],
      Array.from({ length: 57 }, (_, n) => [100 + n, VALUES[n % VALUES.length]]),
    )
  })

  it('is not begun any more when it was cancelled, and one that runs stops after its item', async () => {
    const one = startWorker()
    using gate = makeGate()
    const { pass } = gate
    sendChunk(one, (n: number) => (n === 1 ? pass() : n), [0, 1, 2, 3])
    sendChunk(one, (n: number) => n, [1])
    await gate.reached()
    one.worker.channel.send({ kind: Kind.cancel, task: 1, fn: 0, index: 100, count: 4, payload: undefined })
    // It reads what it is sent in order, also while an item waits.
    one.worker.channel.send({ kind: Kind.probe, task: 0, fn: 0, index: 0, count: 0, payload: undefined })
    await one.message(({ kind }) => kind === Kind.alive)
    gate.open()
    const skipped = () => one.message(({ kind, payload }) => kind === Kind.failed && payload === undefined)
    await skipped()
    await skipped()
    equal((await one.worker.stop({ graceMs: 60_000 })).clean, true)
  })

  it('ends with what had finished when a task calls process.exit()', async () => {
    const one = startWorker()
    sendChunk(one, (n: number) => (n === 2 ? process.exit(4) : n), [0, 1, 2, 3])
    equal((await one.worker.exited).exitCode, 4)
    deepEqual(await answersIn(one, one.messages), [
      [100, 0],
      [101, 1],
    ])
    deepEqual(one.worker.readJournal().position, { task: 1, index: 102 })
  })

  it('fails as a whole when its function could not be built again', async () => {
    const one = startWorker()
    const shipped = shipFunction(() => 1)
    one.worker.channel.send({
      kind: Kind.define,
      task: 0,
      fn: shipped.id,
      index: 0,
      count: 0,
      payload: { tag: 99, body: '', buffers: [] },
    })
    const payload = one.worker.marshal.encode([1, 2], 'items')
    one.worker.channel.send({ kind: Kind.chunk, task: 1, fn: shipped.id, index: 0, count: 2, payload })
    const failed = await one.message(({ kind }) => kind === Kind.failed)
    match(String(await one.worker.marshal.decodeError(failed.payload!)), /ValueUnreadableError/)
    equal(await one.call(() => 'alive'), 'alive')
    await one.worker.stop()
  })
})
