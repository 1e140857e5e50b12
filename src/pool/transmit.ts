import type { Worker } from '../backend/backend.ts'
import { Kind } from '../channel/messages.ts'
import type { Batch } from './batch.ts'

/**
 * Sends a batch to its worker, before it the function, unless that `isDefined`, and how it runs where that is not as
 * usual. False when more waits in the channel than the high-water mark. Throws what the channel throws for a message that
 * it cannot carry: then the worker has got nothing of the batch.
 */
export function transmit({ channel, marshal }: Worker, batch: Batch, isDefined: boolean): boolean {
  const { kind, task, index, count, payload, fn } = batch
  const definition = isDefined ? undefined : marshal.define(fn.shipped)
  if (definition !== undefined) {
    try {
      channel.send(definition)
    } catch (error) {
      marshal.release(fn.shipped)
      throw error
    }
  }
  const patient = batch.isWhole && count > 1 ? 1 : 0
  const note = batch.isNoted || fn.toNote === 0 ? 0 : 1
  if (note === 1) {
    batch.isNoted = true
    fn.toNote = Math.max(0, fn.toNote - count)
  }
  const hasManner = patient === 1 || note === 1 || batch.attempt > 1 || batch.shared !== undefined
  if (hasManner)
    channel.send({ kind: Kind.manner, task, fn: note, index: patient, count: batch.attempt, payload: batch.shared })
  try {
    return channel.send({ kind, task, fn: fn.shipped.id, index, count, payload })
  } catch (error) {
    // The next one is not to run in that manner.
    if (hasManner) channel.send({ kind: Kind.manner, task, fn: 0, index: 0, count: 1, payload: undefined })
    throw error
  }
}
