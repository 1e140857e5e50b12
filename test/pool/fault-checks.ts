import assert from 'node:assert/strict'
import { TimeoutError, WorkerCrashedError } from 'manycore'
import type { Fault } from './faults.js'

/** The item that goes wrong, of so many. */
export const POISON = 3
export const COUNT = 12
export function outcomeOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.catch((error: unknown) => error)
}

export function checkOthers(results: readonly PromiseSettledResult<unknown>[]): void {
  assert.equal(results.length, COUNT)
  for (const [n, one] of results.entries()) {
    if (n !== POISON) assert.deepEqual(one, { status: 'fulfilled', value: n * 2 })
  }
}

/** The poisoned item failed as it should and all others did not. `most` may fail of those that do not die at once. */
export function checkAll(
  results: readonly PromiseSettledResult<unknown>[],
  fault: Fault,
  what: string,
  exactly = fault.effect !== 'dies later',
  most = 1,
): void {
  const failed = results.flatMap((one, n) => (one.status === 'rejected' ? [n] : []))
  for (const [n, one] of results.entries()) {
    if (one.status === 'rejected') checkFailure(one.reason, fault, n, `item ${n} of ${what}`)
    else if (n !== POISON) assert.equal(one.value, n * 2)
  }
  if (exactly) assert.deepEqual(failed, [POISON])
  else assert.ok(failed.length <= Math.max(most, fault.effect === 'dies later' ? 1 : 0), `failed: ${String(failed)}`)
}

export function checkFailure(reason: unknown, fault: Fault, index: number | undefined, what: string): void {
  if (fault.effect === 'throws') {
    assert.ok(reason instanceof Error)
    assert.match(reason.message, /struck/)
    assert.ok(
      reason instanceof RangeError ||
        ['MC_VALUE_UNREADABLE', 'MC_VALUE_UNSENDABLE'].includes((reason as unknown as { code: string }).code),
    )
  } else if (fault.effect === 'stuck') {
    assert.ok(reason instanceof TimeoutError, String(reason))
    assert.equal(reason.code, 'MC_TASK_TIMEOUT')
    assert.ok(reason.message.toLowerCase().includes(what.toLowerCase()), reason.message)
    assert.match(reason.message, /in worker PoolWorker-\d+/)
  } else {
    checkCrash(reason, fault, index)
    assert.ok((reason as Error).message.toLowerCase().includes(what.toLowerCase()), (reason as Error).message)
  }
}

export function checkCrash(reason: unknown, fault: Fault, index?: number): void {
  assert.ok(reason instanceof WorkerCrashedError, String(reason))
  assert.equal(reason.code, 'MC_WORKER_CRASHED')
  assert.match(reason.worker, /^PoolWorker-\d+$/)
  if (fault.exitCode !== undefined) assert.equal(reason.exitCode, fault.exitCode)
  if (fault.signal !== undefined) assert.equal(reason.signal, fault.signal)
  if (fault.says !== undefined) assert.match(reason.message, fault.says)
  if (index !== undefined) assert.equal(reason.itemIndex, index)
}

export function checkOnce(counts: readonly number[], neverBegan: number | undefined): void {
  assert.equal(new Set(counts).size, counts.length, 'nothing ran twice')
  const expected = Array.from({ length: COUNT }, (_, n) => n).filter((n) => n !== neverBegan)
  for (const n of expected) if (n !== POISON) assert.ok(counts.includes(n), `item ${n} ran`)
  if (neverBegan !== undefined) assert.ok(!counts.includes(neverBegan), `item ${neverBegan} never began`)
}
