import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CancelledError } from '#dist/base/errors.js'
import type { Call } from '#dist/pool/call.js'
import { CallQueues } from '#dist/pool/call-queues.js'
import type { CallQueue } from '#dist/pool/calls.js'
import type { PoolFunction } from '#dist/pool/functions.js'
import { Tally } from '#dist/pool/tally.js'
import { Task } from '#dist/pool/task.js'

describe('the queues of calls', () => {
  it('are one for each priority, as long as it has calls that have not settled', () => {
    const offered: CallQueue[] = []
    const queues = new CallQueues({
      sharesMemory: false,
      tally: new Tally(),
      offered: (queue) => void offered.push(queue),
      settled: () => {},
    })
    const fn = { name: 'noop' } as PoolFunction
    const submit = (id: number): Call => {
      const call = queues.create(id, fn, [id], { priority: 5 })
      void new Task(call)
      call.terms.home.submit(call)
      return call
    }
    const [first, second] = [submit(1), submit(2)]
    assert.equal(offered[0], offered[1])
    queues.clear(() => new CancelledError('given up'))
    assert.deepEqual([first.state, second.state, queues.waiting], ['cancelled', 'cancelled', 0])
    submit(3)
    assert.notEqual(offered[2], offered[0], 'it would be kept for ever, and priorities may be any numbers')
  })
})
