import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  FunctionUnsendableError,
  Pool,
  Process,
  Thread,
  ValueUnsendableError,
  currentWorker,
  shareContext,
} from 'manycore'

for (const backend of ['thread', 'inline'] as const) {
  describe(`a SharedArrayBuffer, backend '${backend}'`, () => {
    const pool = new Pool({ backend, processes: 2 })
    after(() => pool.terminate())

    it('is the same memory in a task: alone, nested, under views of each type, and captured', async () => {
      const memory = new SharedArrayBuffer(64)
      const seen = new Int32Array(memory)
      await pool.apply((bare: SharedArrayBuffer) => void (new Int32Array(bare)[0] = 1), [memory])
      await pool.apply(
        ({ deep }: { deep: { view: Int32Array }[] }) => void (deep[0]!.view[0] = 2),
        [{ deep: [{ view: new Int32Array(memory, 4) }] }],
      )
      await pool.apply(
        (map: Map<string, SharedArrayBuffer>) => void (new Int32Array(map.get('k')!)[2] = 3),
        [new Map([['k', memory]])],
      )
      await pool.apply((view: DataView) => view.setInt32(0, 4, true), [new DataView(memory, 12)])
      await pool.apply((bytes: Buffer) => void bytes.writeInt32LE(5, 0), [Buffer.from(memory, 16, 4)])
      await pool.apply(() => void (seen[5] = 6))
      await pool.apply(() => void (new Int32Array(memory)[6] = 7))
      assert.deepEqual([...seen.subarray(0, 8)], [1, 2, 3, 4, 5, 6, 7, 0])
    })

    it('is shared by all workers, so that no addition is lost', async () => {
      const sum = new Int32Array(new SharedArrayBuffer(4))
      const add = (n: number) => void Atomics.add(sum, 0, n)
      await Promise.all([
        pool.map(add, Array<number>(500).fill(1)),
        pool.map((view: Int32Array) => void Atomics.add(view, 0, 1), Array<Int32Array>(100).fill(sum)),
        pool.starmap(
          (n: number, view: Int32Array) => void Atomics.add(view, 0, n),
          [
            [1, sum],
            [2, sum],
          ],
        ),
      ])
      for await (const _ of pool.imap((view: Int32Array) => Atomics.add(view, 0, 1), [sum, sum])) continue
      assert.equal(sum[0], 605)
    })

    it('stays one object where a value holds it twice, with its views beside it, their offsets and lengths', async () => {
      const memory = new SharedArrayBuffer(32)
      const value = { memory, again: [memory], view: new Uint16Array(memory, 4, 3), other: new Float64Array(memory, 8) }
      const told = await pool.apply(
        (arrived: typeof value, own: Uint8Array, views: Uint8Array[]) => [
          arrived.memory === arrived.again[0],
          arrived.view.buffer === arrived.memory && arrived.other.buffer === arrived.memory,
          arrived.view.byteOffset,
          arrived.view.length,
          own.buffer instanceof SharedArrayBuffer,
          views[0]!.buffer === views[1]!.buffer && views[0] !== views[1],
        ],
        [value, new Uint8Array([1]), [new Uint8Array(memory, 1), new Uint8Array(memory, 2)]],
      )
      assert.deepEqual(told, [true, true, 4, 3, false, true])
    })

    it('beside buffers of every size, which are copied, finds its place', async () => {
      const memory = new SharedArrayBuffer(100_000)
      const value = [new Uint8Array(100_000).fill(1), new Uint8Array(memory), new Uint8Array(10).fill(2)]
      const told = await pool.apply(
        (arrived: Uint8Array[]) => {
          for (const view of arrived) view[0] = 9
          return arrived.map(({ buffer, length }) => [buffer instanceof SharedArrayBuffer, length])
        },
        [value],
      )
      assert.deepEqual(told, [
        [false, 100_000],
        [true, 100_000],
        [false, 10],
      ])
      assert.deepEqual(
        value.map((view) => view[0]),
        [1, 9, 2],
      )
    })

    it('of a worker comes home as a result, in an error and by a stream', async () => {
      const made = await pool.apply(() => {
        const view = new Int32Array(new SharedArrayBuffer(4))
        const set = () => Atomics.store(view, 0, 7)
        setTimeout(set, 1)
        return { view, memory: view.buffer }
      })
      assert.ok(made.memory instanceof SharedArrayBuffer && made.view.buffer === made.memory)
      while (Atomics.load(made.view, 0) !== 7) await sleep(1)

      const failing = pool.apply(() => {
        throw Object.assign(new Error('full'), { view: new Int32Array(new SharedArrayBuffer(8)).fill(3) })
      })
      const error = (await failing.catch((reason: unknown) => reason)) as { view: Int32Array }
      assert.ok(error.view.buffer instanceof SharedArrayBuffer)
      assert.deepEqual([...error.view], [3, 3])

      const fill = (n: number) => new Int32Array(new SharedArrayBuffer(4)).fill(n)
      for (const view of await pool.map(fill, [1, 2, 3])) assert.ok(view.buffer instanceof SharedArrayBuffer)
    })

    it('is fresh for each function that captures another one, and the same for retries', async () => {
      const views = [1, 2, 3].map(() => new Int32Array(new SharedArrayBuffer(4)))
      for (const view of views) await pool.apply(() => void Atomics.add(view, 0, 1))
      assert.deepEqual(
        views.map(([n]) => n),
        [1, 1, 1],
      )
      const [view] = views as [Int32Array]
      const failTwice = (counter: Int32Array) => {
        if (Atomics.add(counter, 0, 1) < 3) throw new Error('not yet')
        return counter[0]
      }
      assert.equal(await pool.apply(failTwice, [view], { retries: { limit: 5, backoff: 0, on: () => true } }), 4)
    })

    it('reaches the state of a worker and what the caller shares', async () => {
      const counter = new Int32Array(new SharedArrayBuffer(4))
      const memory = shareContext<Int32Array>(`memory ${backend}`)
      await using other = new Pool({
        backend,
        processes: 1,
        initializer: (view: Int32Array) => view,
        initializerArgs: [counter],
      })
      await other.apply(() => void Atomics.add(currentWorker().state as Int32Array, 0, 1))
      const task = () => void Atomics.add(memory.getStore()!, 0, 10)
      await memory.run(counter, () => other.apply(task))
      await memory.run(counter, () => other.map(task, [1, 2]))
      assert.equal(counter[0], 31)
    })

    it('that can grow is shared too, but no view of it, which could grow unseen', async () => {
      const Growable = SharedArrayBuffer as unknown as new (n: number, o: object) => SharedArrayBuffer
      const memory = new Growable(4, { maxByteLength: 8 })
      await pool.apply(
        (arrived: SharedArrayBuffer) => (arrived as unknown as { grow(n: number): void }).grow(8),
        [memory],
      )
      assert.equal(memory.byteLength, 8)
      assert.throws(() => pool.apply(Object, [{ view: new Uint8Array(memory) }]), {
        path: 'args[0].view',
        message: /lies on a growable SharedArrayBuffer/,
      })
    })
  })
}

describe("a SharedArrayBuffer, backend 'process'", () => {
  const pool = new Pool({ processes: 1 })
  after(() => pool.terminate())
  const memory = new SharedArrayBuffer(8)
  const view = new Int32Array(memory)
  const text = /which another process cannot share\. Send a copy \(`.*slice\(\)`\), or take backend: 'thread'/

  it('is refused at the call, with its path and the way out', async () => {
    const refused = (path: string) => (error: unknown) => {
      assert.ok(error instanceof ValueUnsendableError)
      assert.match(error.message, text)
      assert.equal(error.path, path)
      return true
    }
    assert.throws(() => pool.apply(Object, [{ a: [memory] }]), refused('args[0].a[0]'))
    assert.throws(() => pool.apply((_: number, on: Int32Array) => on, [1, view]), refused('args[1]'))
    await assert.rejects(async () => pool.map(Object, [{ view }]), refused('items[0].view'))
    await assert.rejects(async () => pool.starmap(Object, [[{ view }]]), refused('items[0][0].view'))
    await assert.rejects(pool.imap(Object, [view]).next(), refused('items[0]'))
    assert.throws(() => new Process({ target: Object, args: [memory] }).start(), refused('args[0]'))
  })

  it('is refused where a function names it, also after a thread had the function', async () => {
    const read = () => view[0]
    const refused = (error: unknown) => error instanceof FunctionUnsendableError && text.test(error.message)
    assert.throws(() => pool.apply(read), refused)
    await using threads = new Pool({ backend: 'thread', processes: 1 })
    for (let i = 0; i < 3; i++) assert.equal(await threads.apply(read), 0)
    assert.throws(() => pool.apply(read), refused)
  })

  it('is refused as a result, and left out of an error that arrives nevertheless', async () => {
    await assert.rejects(
      pool.apply(() => ({ made: new SharedArrayBuffer(1) })),
      { code: 'MC_VALUE_UNSENDABLE', path: 'result.made' },
    )
    const failing = pool.apply(() => {
      throw Object.assign(new TypeError('full'), { view: new Uint8Array(new SharedArrayBuffer(1)), left: 1 })
    })
    const error = (await failing.catch((reason: unknown) => reason)) as TypeError & { left: number }
    assert.ok(error instanceof TypeError)
    assert.equal(error.message, 'full')
    assert.equal(error.left, 1)
  })
})

describe('a SharedArrayBuffer of a Thread', () => {
  it('is the same memory, both ways', async () => {
    const view = new Int32Array(new SharedArrayBuffer(4))
    const thread = new Thread({
      target: (mine: Int32Array) => {
        mine[0] = 1
        view[0]! += 1
        return { mine, made: new SharedArrayBuffer(3) }
      },
      args: [view],
    }).start()
    const { mine, made } = (await thread.result) as { mine: Int32Array; made: SharedArrayBuffer }
    assert.equal(view[0], 2)
    Atomics.store(view, 0, 5)
    assert.equal(mine[0], 5)
    assert.equal(made.byteLength, 3)
  })
})
