import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Pool, Process } from 'manycore'

const factor = 2
const times = (x: number): number => x * factor

describe('the option captures', () => {
  it('takes the place of what a function and its helpers captured', async () => {
    await using pool = new Pool({ processes: 1, captures: { factor: 10 } })
    assert.deepEqual(await pool.map((x: number) => times(x) + factor, [1, 2]), [20, 30])
  })

  it('leaves the same function as it is elsewhere', async () => {
    const add = (x: number): number => x + factor
    await using given = new Pool({ processes: 1, captures: { factor: 10 } })
    await using plain = new Pool({ processes: 1 })
    assert.deepEqual(
      [await given.apply(add, [1]), await plain.apply(add, [1]), await given.apply(add, [1])],
      [11, 3, 11],
    )
  })

  it('is taken as it is when the pool is made', async () => {
    const captures = { factor: 10 }
    await using pool = new Pool({ processes: 1, captures })
    captures.factor = 11
    assert.equal(await pool.apply(times, [1]), 10)
  })

  it('is there for a Process too', async () => {
    const captures = { factor: 7 }
    const child = new Process({ target: () => times(1), captures })
    captures.factor = 8
    child.start()
    await child.join()
    assert.equal(await child.result, 7)
  })

  it('refuses what is no object', () => {
    assert.throws(() => new Pool({ captures: 'factor' as never }), { code: 'MC_ARGUMENT_INVALID' })
  })
})
