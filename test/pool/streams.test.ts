import assert from 'node:assert/strict'
import { Socket } from 'node:net'
import { PassThrough, Readable, Transform } from 'node:stream'
import { after, it } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Pool, type ResultStream } from 'manycore'
import { onEachBackend } from '../support/on-backends.js'

// The soak (`npm run soak`) runs ten times as many.
const MANY = Number(process.env['MANYCORE_SOAK_ITEMS'] ?? 1_000_000)

onEachBackend('streams as sources', ({ backend }) => {
  // That it is flat there too shows in fewer.
  const many = backend === 'process' ? MANY : MANY / 10
  const pool = new Pool({ backend, processes: 2 })
  after(() => pool.terminate())
  const double = (n: number): number => n * 2

  it('#184 may be Node streams and web streams', async () => {
    assert.deepEqual(await collect(pool.imap(double, Readable.from([1, 2, 3]))), [2, 4, 6])
    assert.deepEqual(await collect(pool.imap(double, webStream([1, 2, 3]))), [2, 4, 6])
    assert.deepEqual(await pool.map(double, Readable.from([1, 2, 3])), [2, 4, 6])
    const lines = Readable.from(['a\n', 'bb\n']).pipe(new Transform({ transform: (text, _, done) => done(null, text) }))
    const lengths = await collect(pool.imap((bytes: Buffer) => bytes.length, lines))
    assert.equal(
      lengths.reduce((sum, length) => sum + length),
      5,
    )
  })

  it('may be arrays, which are read as their own iterator would', async () => {
    const read = async (items: number[], options = {}): Promise<unknown> => {
      const results: unknown[] = []
      try {
        for await (const result of pool.imap(double, items, options)) results.push(result)
      } catch (error) {
        results.push((error as Error).message)
      }
      return results
    }
    class Backwards extends Array<number> {
      override *[Symbol.iterator](): ArrayIterator<number> {
        for (let at = this.length - 1; at >= 0; at--) yield this[at] as number
      }
    }
    assert.deepEqual(await read(Backwards.from([1, 2, 3])), [6, 4, 2])
    const fails = Object.defineProperty([1, 2, 3], 1, {
      get: () => {
        throw new Error('not this one')
      },
    })
    assert.deepEqual(await read(fails), [2, 'not this one'])
    assert.deepEqual(await read([1, , 3] as number[]), [2, NaN, 6])
    const grows = [1, 2, 3]
    const grown: number[] = []
    for await (const result of pool.imap(double, grows, { buffer: 1 })) {
      grown.push(result)
      if (grown.length < 3) grows.push(10 * grown.length)
    }
    assert.deepEqual(grown, [2, 4, 6, 20, 40])
  })

  it('are given up by `await using`', async () => {
    let results: AsyncIterator<number>
    {
      await using stream = pool.imap(double, [1, 2, 3])
      results = stream
      assert.deepEqual(await stream.next(), { done: false, value: 2 })
    }
    assert.deepEqual(await results.next(), { done: true, value: undefined })
  })

  it('may be read again as Node and web streams', async () => {
    assert.deepEqual(await Readable.from(pool.imap(double, [1, 2, 3])).toArray(), [2, 4, 6])
    const web = ReadableStream.from(pool.imap(double, [1, 2, 3])) as unknown as AsyncIterable<number>
    assert.deepEqual(await collect(web), [2, 4, 6])
  })

  it('#181 are pulled at most buffer ahead of what was read, also when they are endless', async () => {
    for (const verb of ['imap', 'imapUnordered'] as const) {
      for (const make of [endless, endlessAsync]) {
        let pulled = 0
        let read = 0
        let most = 0
        const source = make(() => {
          pulled++
          most = Math.max(most, pulled - read)
        })
        for await (const _ of pool[verb](double, source, { buffer: 20 })) if (++read === 500) break
        // The result that the loop is about to get is counted as read only afterwards.
        assert.ok(most <= 20 + 1, `${verb}: ${most}`)
        const atEnd = pulled
        await pool.apply(double, [1])
        assert.equal(pulled, atEnd)
      }
    }
  })

  it('are released when the reader leaves early', async () => {
    const readable = Readable.from(endless(() => {}))
    for await (const _ of pool.imap(double, readable)) break
    assert.equal(readable.destroyed, true)
    let cancelled = false
    const web = new ReadableStream<number>({
      pull: (controller) => controller.enqueue(1),
      cancel: () => {
        cancelled = true
      },
    })
    for await (const _ of pool.imap(double, web)) break
    assert.equal(cancelled, true)
  })

  it('are released when the reader leaves early, also while they wait for what may never come', async () => {
    let told = (): void => {}
    const isTold = new Promise<void>((resolve) => (told = resolve))
    const node = new PassThrough({ objectMode: true })
    node.write(1)
    const sources: readonly AsyncIterable<number>[] = [
      // A generator that waits hears of nothing; what it waits for is its own affair.
      (async function* () {
        yield 1
        await new Promise(() => {})
      })(),
      node,
      new ReadableStream<number>({ start: (controller) => controller.enqueue(1), cancel: told }),
    ]
    for (const source of sources) {
      for await (const text of pool.imap(String, source)) {
        assert.equal(text, '1')
        break
      }
    }
    assert.equal(node.destroyed, true)
    await isTold
  })

  it('are released when they themselves end their stream, or their pool', async () => {
    for (const verb of ['imap', 'imapUnordered'] as const) {
      const own = new Pool({ backend, processes: 1 })
      const given = new AbortController()
      let released = 0
      function* until(end: () => unknown): Generator<number> {
        try {
          for (let n = 0; ; n++) {
            if (n === 3) void end()
            yield n
          }
        } finally {
          released++
        }
      }
      const aborted = own[verb](
        double,
        until(() => given.abort()),
        { signal: given.signal, buffer: 10 },
      )
      await assert.rejects(collect(aborted), { name: 'AbortError' })
      const left: ResultStream<number> = own[verb](
        double,
        until(() => left.return()),
        { buffer: 2 },
      )
      assert.deepEqual(await collect(left), [0, 2].slice(0, left.length))
      const ended = own[verb](
        double,
        until(() => own.terminate()),
      )
      await assert.rejects(collect(ended), { code: 'MC_TASK_CANCELLED' })
      await own.join()
      assert.equal(released, 3)
    }
    const read = webStream([1, 2])
    await collect(pool.imap(double, read))
    assert.equal(read.locked, false)
  })

  it('that end their pool while a call begins fail it', async () => {
    for (const end of ['close', 'terminate'] as const) {
      const own = new Pool({ backend, processes: 1 })
      assert.equal(await own.apply(double, [1]), 2)
      const items = function* (): Generator<number> {
        yield 1
        void own[end]()
        yield 2
      }
      assert.throws(() => own.map(double, items()), { code: 'MC_POOL_CLOSED', message: /^map\(\): the pool was/ })
      await own.join()
    }
    const own = new Pool({ backend, processes: 1 })
    const args: readonly [number] = new Proxy<[number]>([1], {
      get: (target, key) => {
        own.close()
        return Reflect.get(target, key) as unknown
      },
    })
    await assert.rejects(own.apply(double, args), { code: 'MC_POOL_CLOSED' })
    await own.join()
  })

  it('that cannot even be asked fail their call, and do not hold up the end of their pool', async () => {
    const own = new Pool({ backend, processes: 1 })
    const locked = new ReadableStream<number>()
    locked.getReader()
    const broken = (key: symbol): Iterable<number> =>
      Object.defineProperty({}, key, {
        value: () => {
          throw new RangeError('no iterator')
        },
      }) as Iterable<number>
    await assert.rejects(own.map(Math.sqrt, broken(Symbol.iterator)), RangeError)
    await assert.rejects(own.map(Math.sqrt, broken(Symbol.asyncIterator)), RangeError)
    await assert.rejects(own.map(Math.sqrt, locked), TypeError)
    assert.throws(() => own.imap(Math.sqrt, broken(Symbol.iterator)), RangeError)
    assert.throws(() => own.imapUnordered(Math.sqrt, locked), TypeError)
    // Whose function is refused is let go.
    const free = new ReadableStream<number>()
    const socket = new Socket()
    assert.throws(() => own.imap(() => socket, free), { code: 'MC_FUNCTION_UNSENDABLE' })
    assert.throws(() => own.map(() => socket, free), { code: 'MC_FUNCTION_UNSENDABLE' })
    assert.equal(free.locked, false)
    own.close()
    await own.join()
  })

  it('that fail give what came before, then their error', async () => {
    const failing = new Readable({
      objectMode: true,
      read() {
        this.push(1)
        this.push(2)
        this.destroy(new Error('the source broke'))
      },
    })
    await assert.rejects(collect(pool.imap(double, failing)), /the source broke/)
    assert.equal(await pool.apply(double, [2]), 4)
  })

  it(`#181 ${many.toLocaleString('en')} items do not gather in memory`, async () => {
    setFlagsFromString('--expose-gc')
    const gc = runInNewContext('gc') as () => void
    let sum = 0
    let read = 0
    let early = 0
    for await (const value of pool.imap(double, upTo(many))) {
      sum += value
      if (++read === many / 10) {
        gc()
        early = process.memoryUsage().heapUsed
      }
    }
    assert.equal(sum, many * (many - 1))
    gc()
    const grown = process.memoryUsage().heapUsed - early
    assert.ok(grown < 4 * 2 ** 20, `${grown} bytes more`)
  })
})

async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const value of values) all.push(value)
  return all
}

function webStream<T>(values: T[]): ReadableStream<T> {
  return new ReadableStream({
    start(controller) {
      for (const value of values) controller.enqueue(value)
      controller.close()
    },
  })
}

function* upTo(count: number): Generator<number> {
  for (let n = 0; n < count; n++) yield n
}

function* endless(pulled: () => void): Generator<number> {
  for (let n = 0; ; n++) {
    pulled()
    yield n
  }
}

async function* endlessAsync(pulled: () => void): AsyncGenerator<number> {
  for (let n = 0; ; n++) {
    pulled()
    yield n
  }
}
