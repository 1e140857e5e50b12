import { Kind } from '../channel/messages.ts'
import type { Batch } from './batch.ts'
import { Histogram } from './histogram.ts'
import { Slowest } from './slowest.ts'
import { isCancellation, isLoss } from './thrown.ts'

/** What became of a pool's tasks, and how long they waited and ran. */
export class Tally {
  done = 0
  failed = 0
  lost = 0
  retried = 0
  readonly run: Histogram = new Histogram()
  readonly wait: Histogram = new Histogram()
  readonly slowest: Slowest = new Slowest()

  /** A task has failed for good. One that was given up counts as nothing. */
  fail(reason: unknown): void {
    if (isLoss(reason)) this.lost++
    else if (!isCancellation(reason)) this.failed++
  }

  /** The items of a batch from `at` on were answered now and took so long together. */
  ran(batch: Batch, at: number, count: number, tookMs: number, nowMs: number): void {
    const eachMs = tookMs / count
    this.run.add(eachMs, count)
    this.slowest.note(batch, at, count, eachMs)
    const beginMs = nowMs - tookMs
    if (batch.kind !== Kind.calls) this.wait.add(Math.max(0, beginMs - batch.submittedMs(at)), count)
    // Calls that travel together were made one by one.
    else for (let i = 0; i < count; i++) this.wait.add(Math.max(0, beginMs + i * eachMs - batch.submittedMs(at + i)))
  }
}
