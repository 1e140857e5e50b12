import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { after, it, mock } from 'node:test'
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import { ArgumentError, Pool, currentProcess } from 'manycore'
import { makeGate } from '../support/meeting.js'
import { onEachBackend } from '../support/on-backends.js'

onEachBackend('mapping over processes', ({ backend }) => {
  const pool = new Pool({ backend, processes: 2 })
  after(() => pool.terminate())

  it('#167 apply() returns the value, with positional and named arguments', async () => {
    const scale = (n: number, { by = 2 }: { by?: number } = {}) => n * by
    assert.equal(await pool.apply(scale, [21]), 42)
    assert.equal(await pool.apply(scale, [21, { by: 3 }]), 63)
    assert.equal(await pool.apply(() => 'nothing needed'), 'nothing needed')
  })

  it('goes on while a test of the user stands in for the timers', async (test) => {
    mock.timers.enable({ apis: ['setImmediate', 'setTimeout', 'setInterval', 'Date'] })
    mock.method(globalThis, 'queueMicrotask', () => {})
    test.after(() => {
      mock.timers.reset()
      mock.restoreAll()
    })
    const own = new Pool({ backend, processes: 1 })
    assert.equal(await own.apply(async (n: number) => n + 1, [1]), 2)
    const source = function* () {
      for (let n = 0; n < 10_000; n++) yield n
    }
    let sum = 0
    for await (const n of own.imapUnordered(Math.sqrt, source())) sum += n ** 2
    assert.equal(Math.round(sum), 49_995_000)
    own.close()
    await own.join()
  })

  it('#168 map() equals the sequential map, in order, for every chunk size', async () => {
    const items = Array.from({ length: 1000 }, (_, n) => n)
    const expected = items.map((n) => n * n)
    for (const chunkSize of [undefined, 1, 20, 100_000]) {
      assert.deepEqual(await pool.map((n: number) => n * n, items, { chunkSize }), expected)
    }
  })

  it('#168 map() keeps the order when later items are done first', async () => {
    const wait = async (ms: number) => {
      await new Promise((resolve) => setTimeout(resolve, ms))
      return ms
    }
    assert.deepEqual(await pool.map(wait, [60, 1, 2, 3, 4, 5], { chunkSize: 1 }), [60, 1, 2, 3, 4, 5])
  })

  it('instances of a class that only the worker has come home, each of them', async () => {
    const make = (n: number) => {
      class Local {
        readonly n = n
        get twice(): number {
          return this.n * 2
        }
      }
      return new Local()
    }
    const made = await pool.map(make, [1, 2, 3], { chunkSize: 3 })
    assert.deepEqual(
      made.map(({ n, twice }) => [n, twice]),
      [
        [1, 2],
        [2, 4],
        [3, 6],
      ],
    )
  })

  it('imap() gives what comes before an item that cannot travel', async () => {
    const results = pool.imap(String, [1, 2, pool, 3])
    assert.deepEqual(await results.next(), { done: false, value: '1' })
    assert.deepEqual(await results.next(), { done: false, value: '2' })
    await assert.rejects(results.next(), { code: 'MC_VALUE_UNSENDABLE', path: 'items[2]' })
    assert.deepEqual(await results.next(), { done: true, value: undefined })
  })

  it('#169 starmap() spreads its tuples', async () => {
    assert.deepEqual(
      await pool.starmap(Math.pow, [
        [2, 3],
        [3, 2],
      ]),
      [8, 9],
    )
    assert.deepEqual(
      await pool.starmap((a: { n: number }, b: Date) => a.n + b.getTime(), [[{ n: 1 }, new Date(2)]]),
      [3],
    )
    assert.throws(() => pool.starmap(Math.pow, [2, 3] as never), /items\[0\] of starmap\(\) must be an array/)
  })

  it('passes the item and nothing else', async () => {
    assert.deepEqual(await pool.map(parseInt, ['10', '10', '10']), [10, 10, 10])
    assert.deepEqual(await pool.map((...all: unknown[]) => all.length, [1, 2]), [1, 1])
  })

  it('#171 chunk size 0, negative or not whole is refused at the call; an empty input takes any that is valid', async () => {
    for (const chunkSize of [0, -1, 1.5, NaN, '3' as never]) {
      assert.throws(() => pool.map((n: number) => n, [1], { chunkSize }), ArgumentError)
      assert.throws(() => pool.imap((n: number) => n, [1], { chunkSize }), ArgumentError)
    }
    for (const chunkSize of [1, 7, 100_000]) assert.deepEqual(await pool.map((n: number) => n, [], { chunkSize }), [])
  })

  it('#172 an empty input ends at once', async () => {
    assert.deepEqual(await pool.map((n: number) => n, []), [])
    assert.deepEqual(await pool.starmap(Math.pow, []), [])
    for (const results of [pool.imap(String, []), pool.imapUnordered(String, [])]) {
      assert.deepEqual(await results.next(), { done: true, value: undefined })
      assert.deepEqual(await results.next(), { done: true, value: undefined })
    }
  })

  it('#173 imap() gives results in order and imapUnordered() as they come', async () => {
    const items = Array.from({ length: 500 }, (_, n) => n)
    assert.deepEqual(
      await gather(pool.imap((n: number) => n * 2, items)),
      items.map((n) => n * 2),
    )
    const unordered = await gather(pool.imapUnordered((n: number) => n * 2, items))
    assert.deepEqual(
      unordered.sort((a, b) => a - b),
      items.map((n) => n * 2),
    )
    using gate = makeGate()
    const { pass } = gate
    const slowFirst = async (n: number) => {
      if (n === 0) await pass()
      return n
    }
    const seen: number[] = []
    for await (const n of pool.imapUnordered(slowFirst, [0, 1])) {
      seen.push(n)
      gate.open()
    }
    assert.deepEqual(seen, [1, 0])
  })

  it('#175 an iterable that throws: map() rejects with its error, imap() gives what came before and then throws it', async () => {
    const broken = new Error('no more')
    function* source() {
      yield* [1, 2, 3]
      throw broken
    }
    await assert.rejects(pool.map(String, source()), (error) => error === broken)
    const results = pool.imap(String, source())
    assert.deepEqual(
      [await results.next(), await results.next(), await results.next()].map(({ value }) => value),
      ['1', '2', '3'],
    )
    await assert.rejects(results.next(), (error) => error === broken)
    assert.deepEqual(await results.next(), { done: true, value: undefined })
    async function* later() {
      yield* source()
    }
    await assert.rejects(pool.map(String, later()), (error) => error === broken)
    assert.deepEqual(await pool.map(String, [1]), ['1'])
  })

  it('#176 next(timeout) gives up the wait, and the value can still be had', async () => {
    using gate = makeGate()
    const { pass } = gate
    const late = async () => {
      await pass()
      return 'late'
    }
    const results = pool.imap(late, [1])
    await assert.rejects(results.next(5), { code: 'MC_WAIT_TIMEOUT' })
    await assert.rejects(results.next({ timeout: 5 }), { code: 'MC_WAIT_TIMEOUT' })
    await assert.rejects(results.next({ signal: AbortSignal.abort('bored') }), (reason) => reason === 'bored')
    gate.open()
    assert.deepEqual(await results.next({ timeout: 60_000 }), { done: false, value: 'late' })
    assert.deepEqual(await results.next(5), { done: true, value: undefined })
  })

  it('#181 imap() pulls at most `buffer` items ahead of its reader from an endless source', async () => {
    for (const verb of ['imap', 'imapUnordered'] as const) {
      let pulled = 0
      let released = false
      function* endless() {
        try {
          for (;;) yield pulled++
        } finally {
          released = true
        }
      }
      let read = 0
      for await (const _ of pool[verb]((n: number) => n + 1, endless(), { buffer: 20 })) {
        read++
        assert.ok(pulled <= read + 20, `${pulled} pulled when ${read} were read`)
        if (read === 300) break
      }
      assert.equal(released, true, 'the source was told that nobody wants the rest')
    }
  })

  it('#182 before the first result exactly `buffer` items were pulled; a buffer below 1 or not whole is refused', async () => {
    for (const buffer of [0, -1, 2.5, NaN]) assert.throws(() => pool.imap(String, [1], { buffer }), ArgumentError)
    let pulled = 0
    function* source() {
      for (let n = 0; n < 100; n++) {
        pulled++
        yield n
      }
    }
    const { done } = pool.stats()
    const results = pool.imap(String, source(), { buffer: 7 })
    assert.equal(pulled, 7)
    while (pool.stats().done < done + 7) await turn()
    assert.equal(pulled, 7)
    await results.return()
  })

  it('#184 the input may be an async iterable', async () => {
    async function* source() {
      for (let n = 0; n < 200; n++) {
        if (n % 50 === 0) await sleep(1)
        yield n
      }
    }
    const expected = Array.from({ length: 200 }, (_, n) => n * 3)
    const triple = (n: number) => n * 3
    assert.deepEqual(await pool.map(triple, source()), expected)
    assert.deepEqual(await gather(pool.imap(triple, source())), expected)
    assert.deepEqual(await pool.map(triple, Readable.from([1, 2])), [3, 6])
  })

  it('an async source is released when its stream is left early or an item cannot travel', async () => {
    let released = 0
    async function* source(items: unknown[]) {
      try {
        yield* items
      } finally {
        released++
      }
    }
    for await (const _ of pool.imap(String, source([1, 2, 3, 4, 5, 6, 7, 8, 9]), { buffer: 2 })) break
    assert.equal(released, 1)
    await assert.rejects(gather(pool.imap(String, source([1, new Proxy({}, {}), 3]))), { code: 'MC_VALUE_UNSENDABLE' })
    assert.equal(released, 2)
  })

  it('arguments and items are those of the call, whatever becomes of them afterwards', async () => {
    const item = { n: 1 }
    const bytes = new Uint8Array(100_000).fill(1)
    const busy = pool.map((ms: number) => new Promise((resolve) => setTimeout(resolve, ms)), [100, 100], {
      chunkSize: 1,
    })
    const mapped = pool.map((one: { n: number }) => one.n, [item, item])
    const applied = pool.apply((one: { n: number }, all: Uint8Array) => [one.n, all[99_999]], [item, bytes])
    const args: [number] = [1]
    const plain = pool.apply((n: number) => n, args)
    item.n = 2
    bytes.fill(2)
    args[0] = 2
    await busy
    assert.deepEqual(await mapped, [1, 1])
    assert.deepEqual(await applied, [1, 1])
    assert.equal(await plain, 1)
  })

  it('#187 fewer than one process, and every other option that cannot be, is refused', () => {
    const bad: [string, object][] = [
      ['processes', { processes: 0 }],
      ['processes', { processes: -1 }],
      ['processes', { processes: 1.5 }],
      ['maxTasksPerWorker', { maxTasksPerWorker: 0 }],
      ['initializer', { initializer: 'x' }],
      ['initializerArgs', { initializerArgs: 7 }],
      ['execPath', { execPath: '' }],
      ['execArgv', { execArgv: [1] }],
      ['env', { env: null }],
      ['threads', { threads: 3 }],
    ]
    for (const [name, options] of bad) {
      assert.throws(
        () => new Pool(options),
        (error) => error instanceof ArgumentError && error.message.includes(name),
      )
    }
    assert.throws(() => pool.apply('x' as never), ArgumentError)
    assert.throws(() => pool.apply(() => 1, 5 as never), ArgumentError)
    assert.throws(() => pool.apply(() => 1, [], { timeout: 0 }), ArgumentError)
    assert.throws(() => pool.apply(() => 1, [], { signal: {} as never }), ArgumentError)
    assert.throws(() => pool.map(String, 5 as never), ArgumentError)
    assert.throws(() => pool.map(String, [1], { onError: 'ignore' as never }), ArgumentError)
  })

  it('#189 two pools at once, and a pool within a worker of a pool', async () => {
    await using other = new Pool({ backend, processes: 1 })
    const [a, b] = await Promise.all([pool.map((n: number) => n + 1, [1, 2]), other.map((n: number) => n - 1, [1, 2])])
    assert.deepEqual(
      [a, b],
      [
        [2, 3],
        [0, 1],
      ],
    )
    const inner = await pool.apply(async () => {
      await using nested = new Pool({ backend, processes: 1 })
      return { name: currentProcess().name, below: await nested.apply(() => currentProcess().name) }
    })
    assert.match(inner.name, /^PoolWorker-\d+$/)
    assert.equal(inner.below, `PoolWorker-${inner.name.split('-')[1]}:1`)
  })

  it('#190 a pool cannot be sent to a worker', () => {
    const why = 'is a Pool, whose workers belong to the process that made it. Make a Pool where it is used.'
    assert.throws(() => pool.apply((other: unknown) => typeof other, [pool]), {
      code: 'MC_VALUE_UNSENDABLE',
      message: `args[0] cannot be sent to another process: it ${why}`,
    })
    const closing = () => pool.close()
    assert.throws(
      () => pool.apply(closing),
      (error: Error) => error.message.includes(`: its variable \`pool\` ${why}`),
    )
  })

  it('#215 a promise that a task returns is awaited in the worker', async () => {
    assert.deepEqual(await pool.map(async (n: number) => (await Promise.resolve(n)) * 2, [1, 2, 3]), [2, 4, 6])
  })
})

async function gather<T>(results: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const result of results) all.push(result)
  return all
}
