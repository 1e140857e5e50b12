import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it, mock } from 'node:test'
import type { Channel } from '#dist/channel/channel.js'
import { sharedStore } from '#dist/channel/journal-store.js'
import { JournalWriter } from '#dist/channel/journal-writer.js'
import { Kind, type Message } from '#dist/channel/messages.js'
import { createMarshal } from '#dist/marshal/create-marshal.js'
import { Answers } from '#dist/worker/answers.js'
import { ChunkRun } from '#dist/worker/chunk-run.js'

let nowMs = 0

beforeEach(() => {
  nowMs = 0
  mock.method(performance, 'now', () => nowMs)
})
afterEach(() => mock.restoreAll())

for (const pure of [false, true]) {
  describe(`the answers of a chunk of a ${pure ? 'pure' : 'noted'} function`, () => {
    it('leave one by one where items take long and somebody may wait for each', async () => {
      assert.deepEqual(await run({ pure, patient: false, itemMs: 20, count: 4 }), [[1], [1], [1], [1]])
    })

    it('leave together where nobody does, each with its own time, at the latest after 50 ms', async () => {
      assert.deepEqual(await run({ pure, patient: true, itemMs: 20, count: 3 }), [[1, 1, 1]])
      const written = await run({ pure, patient: true, itemMs: 20, count: 8 })
      assert.deepEqual(written.flat(), [1, 1, 1, 1, 1, 1, 1, 1])
      assert.ok(written.slice(0, -1).every(({ length }) => length === 3 || length === 4))
    })

    it('share a message where items take little', async () => {
      const [writes] = await run({ pure, patient: true, itemMs: 1, count: 12 })
      assert.equal(sum(writes ?? []), 12)
      assert.ok((writes ?? []).length <= 4, `${writes?.join(' ')}`)
    })

    it('share one also where items give nothing', async () => {
      assert.deepEqual(await run({ pure, patient: false, itemMs: 0.01, count: 9, value: undefined }), [[9]])
    })

    it('end with one for all that had not begun, once the owner has marked what the worker holds', async () => {
      const written = await run({ pure, patient: true, itemMs: 20, count: 8, isMarked: () => nowMs > 50 })
      assert.deepEqual(written, [[1, 1, 1, SKIPPED]])
    })
  })
}

const SKIPPED = -1

interface Scene {
  readonly pure: boolean
  readonly patient: boolean
  readonly itemMs: number
  readonly count: number
  readonly value?: unknown
  readonly isMarked?: () => boolean
}

/** What was written together: the numbers of items that each message answers. */
async function run(scene: Scene): Promise<number[][]> {
  const { pure, patient, itemMs, count, isMarked = () => false } = scene
  const written: number[][] = []
  let waiting: number[] = []
  const flush = (): void => {
    if (waiting.length > 0) written.push(waiting)
    waiting = []
  }
  const channel = {
    get waiting() {
      return waiting.length
    },
    send: (message: Message) => {
      waiting.push(message.kind === Kind.failed ? SKIPPED : message.count)
      return true
    },
    flush,
    emptied: async () => flush(),
  } as Partial<Channel> as Channel
  const store = sharedStore(new SharedArrayBuffer(64 * 1024))
  const answers = new Answers(channel, createMarshal({ place: 'test', sharesMemory: false }), new JournalWriter(store))
  answers.patient = patient
  const chunk = { kind: Kind.chunk, task: 1, fn: 1, index: 0, count, payload: undefined } as const
  const call = (): unknown => {
    nowMs += itemMs
    return 'value' in scene ? scene.value : 1
  }
  await new ChunkRun(answers, chunk, { pure, keepsState: false, call }, new Array<number>(count).fill(0), {
    isMarked,
  }).go()
  flush()
  return written
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0)
}
