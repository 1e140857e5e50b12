import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { after, describe, it } from 'node:test'
import { currentProcess, Pool, registerType, shareContext, type PoolOptions } from 'manycore'

interface Request {
  readonly id: string
  readonly tags: string[]
}

const request = shareContext('request', new AsyncLocalStorage<Request>())
const locale = shareContext<string>('locale')

function* upTo(last: number): Generator<number> {
  for (let n = 0; n < last; n++) yield n
}

for (const backend of ['process', 'thread', 'inline'] satisfies PoolOptions['backend'][]) {
  describe(`what a caller shares with its tasks, on ${backend}`, () => {
    const pool = new Pool({ processes: 2, backend })
    after(() => pool.terminate())
    const look = (n: number) => [n, request.getStore()?.id, locale.getStore()] as const

    it('is there in calls, maps and streams', async () => {
      const value = { id: 'r-1', tags: ['a'] }
      await request.run(value, () =>
        locale.run('de', async () => {
          assert.deepEqual(await pool.apply(look, [1]), [1, 'r-1', 'de'])
          assert.deepEqual(await pool.map(look, [1, 2]), [
            [1, 'r-1', 'de'],
            [2, 'r-1', 'de'],
          ])
          const streamed = []
          for await (const one of pool.imap(look, [1, 2])) streamed.push(one[1])
          assert.deepEqual(streamed, ['r-1', 'r-1'])
        }),
      )
      assert.deepEqual(await pool.apply(look, [2]), [2, undefined, undefined])
    })

    it('stays there after an await', async () => {
      const late = async () => {
        await new Promise((resolve) => setTimeout(resolve, 5))
        return request.getStore()?.id
      }
      assert.equal(await request.run({ id: 'r-2', tags: [] }, () => pool.apply(late)), 'r-2')
    })

    it('is not seen by the tasks of somebody else whose calls wait with theirs', async () => {
      const own = new Pool({ processes: 1, backend })
      const mine = request.run({ id: 'r-3', tags: [] }, () => own.map(look, [1, 2]))
      const theirs = [own.apply(look, [3]), own.map(look, [4])]
      assert.deepEqual(await mine, [
        [1, 'r-3', undefined],
        [2, 'r-3', undefined],
      ])
      assert.deepEqual(await Promise.all(theirs), [[3, undefined, undefined], [[4, undefined, undefined]]])
      await own.terminate()
    })

    it('is that of each call, and as it was then', async () => {
      const tasks = Array.from({ length: 20 }, (_, n) => {
        const value = { id: `r-${n % 3}`, tags: [`before ${n}`] }
        const task = request.run(value, () => pool.apply(() => [request.getStore()?.id, request.getStore()?.tags[0]]))
        value.tags[0] = 'changed'
        return task
      })
      assert.deepEqual(
        await Promise.all(tasks),
        tasks.map((_, n) => [`r-${n % 3}`, `before ${n}`]),
      )
    })

    it('costs the tasks of its caller, and nothing else, where the worker cannot read it', async () => {
      // Is a ticket in the owner only: whoever else reads one fails.
      class Ticket {}
      const { pid } = process
      const { threadId } = currentProcess()
      const decode = (): Ticket => {
        if (process.pid === pid && currentProcess().threadId === threadId) return new Ticket()
        throw new RangeError('no entrance')
      }
      registerType(Ticket, { name: `Ticket ${backend}`, encode: () => 0, decode })
      const pass = shareContext<Ticket>(`pass ${backend}`)
      const failing = { code: 'MC_VALUE_UNREADABLE', message: /no entrance/ }
      const enter = () => pass.getStore() instanceof Ticket
      if (backend === 'inline') return assert.equal(await pass.run(new Ticket(), () => pool.apply(enter)), true)
      await assert.rejects(
        pass.run(new Ticket(), () => pool.apply(enter)),
        failing,
      )
      await assert.rejects(
        pass.run(new Ticket(), () => pool.map(enter, [1, 2])),
        failing,
      )
      assert.deepEqual(await pool.map(enter, [1, 2]), [false, false])
    })

    it('refuses at the call what cannot travel', () => {
      const bad = { id: 'x', tags: [], steps: upTo(3) }
      assert.throws(() => request.run(bad, () => pool.apply(look, [1])), { code: 'MC_VALUE_UNSENDABLE' })
    })
  })
}

describe('shareContext', () => {
  it('gives the storage that has the name already', () => {
    assert.equal(shareContext('request'), request)
    assert.throws(() => shareContext(''), { code: 'MC_ARGUMENT_INVALID' })
    assert.throws(() => shareContext('other', {} as AsyncLocalStorage<unknown>), { code: 'MC_ARGUMENT_INVALID' })
  })
})
