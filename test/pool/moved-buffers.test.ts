import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { move, Pool } from 'manycore'

const MEGABYTE = 1_000_000

// Over the real channels: the pipe of a process and the port of a thread.
for (const backend of ['process', 'thread'] as const) {
  describe(`buffers for a ${backend}`, () => {
    it('that were moved are gone at the call and arrive whole, small and big, in a value and as a result', async () => {
      await using pool = new Pool({ processes: 1, backend })
      for (const length of [10, 40_000, 3 * MEGABYTE]) {
        const mine = Uint8Array.from({ length }, (_, i) => i * 7)
        const sum = mine.reduce((a, b) => a + b)
        const call = pool.apply(
          (value: { bytes: Uint8Array }) => [value.bytes.length, value.bytes.reduce((a, b) => a + b), value.bytes],
          [{ bytes: move(mine) }],
        )
        assert.deepEqual([mine.length, mine.buffer.byteLength], [0, 0])
        const [thereLength, thereSum, back] = (await call) as [number, number, Uint8Array]
        assert.deepEqual([thereLength, thereSum, back.reduce((a, b) => a + b)], [length, sum, sum])
      }
    })

    it('may be changed after the call, and the worker sees what they were', async () => {
      await using pool = new Pool({ processes: 1, backend })
      const bytes = new Uint8Array(2 * MEGABYTE).fill(1)
      const small = new Float64Array(10).fill(1)
      const inOneCall = pool.apply((a: Uint8Array, b: Float64Array) => [...new Set([...a, ...b])], [bytes, small])
      const inMap = pool.map((one: Uint8Array) => one.every((byte) => byte === 1), [bytes, bytes])
      bytes.fill(2)
      small.fill(2)
      assert.deepEqual(await inOneCall, [1])
      assert.deepEqual(await inMap, [true, true])
    })

    it('cost their own task only when the worker dies half-way, and the next one finds them whole', async () => {
      await using pool = new Pool({ processes: 1, backend })
      const lost = pool.apply(
        (bytes: Uint8Array) => {
          process.exit(bytes.length > 0 ? 3 : 4)
        },
        [move(new Uint8Array(20 * MEGABYTE))],
      )
      const next = pool.apply(
        (bytes: Uint8Array) => bytes.length === 5e6 && bytes.every((byte) => byte === 7),
        [move(new Uint8Array(5 * MEGABYTE).fill(7))],
      )
      await assert.rejects(lost, { code: 'MC_WORKER_CRASHED' })
      assert.equal(await next, true)
    })

    it('reach the worker that tries again after a crash', async () => {
      await using pool = new Pool({ processes: 1, backend })
      const bytes = move(new Uint8Array(MEGABYTE).fill(9))
      const call = pool.apply(
        async (one: Uint8Array) => {
          const { currentTask } = await import('manycore')
          if (currentTask()?.attempt === 1) process.exit(1)
          return one.every((byte) => byte === 9)
        },
        [bytes],
        { retries: 1 },
      )
      assert.equal(await call, true)
    })
  })
}
