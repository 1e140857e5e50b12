import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, fstatSync, ftruncateSync, mkdtempSync, readFileSync, rmSync, writeSync } from 'node:fs'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { readJournal } from '#dist/channel/journal.js'
import { createJournalFile, fileStore, sharedStore } from '#dist/channel/journal-store.js'
import type { JournalStore } from '#dist/channel/journal-store.js'
import { JournalWriter } from '#dist/channel/journal-writer.js'
import type { Message } from '#dist/channel/messages.js'
import { openPipe } from '#dist/channel/pipe.js'
import { endWithTest } from '../support/end-with-test.ts'
import { closed } from './contract.ts'
import { message, plain } from './message.ts'

const KILLS = 25

for (const kind of ['a file', 'shared memory']) {
  describe(`a journal in ${kind}`, () => {
    it('names no item before the first and tells that it is kept', () => {
      withStore(kind, (store) =>
        assert.deepEqual(readJournal(store), { kept: true, position: undefined, building: undefined, unsent: [] }),
      )
    })

    it('names the item that was begun last and the answers before it that have not left', () => {
      withStore(kind, (store) => {
        const journal = new JournalWriter(store)
        const answers = [0, 1, 2].map((index) => answer(index, { body: new Uint8Array(200).fill(index) }))
        for (const one of answers) {
          journal.begin(5, one.index)
          journal.finish(one)
        }
        assert.deepEqual(readJournal(store).position, { task: 5, index: 2 })
        assert.deepEqual(readJournal(store).unsent.map(plain), answers.slice(0, 2).map(plain))
        journal.begin(6, 0)
        assert.deepEqual(readJournal(store).position, { task: 6, index: 0 })
        assert.deepEqual(readJournal(store).unsent.map(plain), answers.map(plain))
      })
    })

    it('starts afresh when all answers have left, whatever stood behind', () => {
      withStore(kind, (store) => {
        const journal = new JournalWriter(store)
        for (let round = 0; round < 50; round++) {
          for (let index = 0; index < (round * 7) % 11; index++) {
            journal.begin(round, index)
            journal.finish(answer(index, { body: 'x'.repeat((round * index) % 300) }))
          }
          journal.sent()
          journal.begin(round, 99)
          assert.deepEqual(readJournal(store), {
            kept: true,
            position: { task: round, index: 99 },
            building: undefined,
            unsent: [],
          })
        }
      })
    })

    it('tells that nothing runs while the last answers wait', () => {
      withStore(kind, (store) => {
        const journal = new JournalWriter(store)
        journal.begin(1, 0)
        journal.finish(answer(0, { body: 'last' }))
        journal.idle()
        assert.equal(readJournal(store).position, undefined)
        assert.equal(readJournal(store).unsent.length, 1)
      })
    })

    it('reads what stands before a record that was cut off at any byte', () => {
      withStore(kind, (store) => {
        const journal = new JournalWriter(store)
        journal.begin(1, 0)
        journal.finish(answer(0, { body: 'zero' }))
        journal.begin(1, 1)
        const before = readJournal(store)
        const stale = Buffer.from(store.read()!)
        journal.finish(answer(1, { body: 'one' }))
        journal.begin(1, 2)
        const after = readJournal(store)
        const whole = Buffer.from(store.read()!)
        const end = whole.findLastIndex((byte) => byte !== 0) + 1
        for (let cut = 0; cut < end; cut++) {
          const bytes = Buffer.concat([whole.subarray(0, cut), stale.subarray(cut)])
          const read = readJournal({ ...store, read: () => bytes })
          if (cut >= firstDifference(stale, whole)) assert.deepEqual(read, before, `cut at ${cut}`)
        }
        assert.deepEqual(after.position, { task: 1, index: 2 })
      })
    })

    it('says that none is kept when it cannot be written any more', () => {
      withStore(kind, (store) => {
        let full = false
        const journal = new JournalWriter({
          ...store,
          write: (bytes, at, length) => !full && store.write(bytes, at, length),
        })
        journal.begin(1, 0)
        full = true
        journal.begin(1, 1)
        assert.equal(readJournal(store).kept, false)
        full = false
        journal.begin(1, 2)
        assert.equal(readJournal(store).kept, false)
      })
    })

    it('lets no item begin before a long answer has left', async () => {
      await withStore(kind, async (store) => {
        const journal = new JournalWriter(store)
        journal.begin(1, 0)
        journal.finish(answer(0, { body: 'x'.repeat(100_000) }))
        assert.equal(journal.isStale(), true)
        let left!: () => void
        const channel = {
          waiting: 10,
          flush: () => {},
          emptied: () => new Promise<void>((resolve) => (left = resolve)),
        }
        let settled = false
        const wait = journal.settle(channel)!.then(() => (settled = true))
        await new Promise(setImmediate)
        assert.equal(settled, false)
        left()
        await wait
        assert.equal(journal.settle({ ...channel, waiting: 0 }), undefined)
      })
    })
  })
}

describe('beside a journal', () => {
  for (const kind of ['shared memory', 'a file']) {
    it(`in ${kind}, the owner's mark and the worker's word that it listens stand apart from it`, () => {
      withStore(kind, (store) => {
        const journal = new JournalWriter(store)
        journal.begin(1, 5)
        assert.deepEqual([store.isMarked(), store.isListened()], [false, false])
        store.mark(true)
        assert.deepEqual([store.isMarked(), store.isListened()], [true, false])
        store.listen(true)
        store.mark(false)
        assert.deepEqual([store.isMarked(), store.isListened()], [false, true])
        assert.deepEqual(readJournal(store).position, { task: 1, index: 5 })
        journal.begin(1, 6)
        assert.equal(store.isListened(), true)
        store.listen(false)
        assert.equal(store.isListened(), false)
        assert.deepEqual(readJournal(store).position, { task: 1, index: 6 })
      })
    })
  }

  it('in a file that was given up, nothing is noted, and that nobody listens cannot be told', () => {
    withStore('a file', (store) => {
      store.erase()
      store.listen(true)
      store.mark(true)
      assert.deepEqual([store.isMarked(), store.isListened(), readJournal(store).kept], [false, undefined, false])
    })
  })
})

describe('a journal that cannot be written any more', () => {
  it('says so where answers have not left that now stand nowhere, and waits for them', () => {
    let isFull = false
    const store = sharedStore(new SharedArrayBuffer(64 * 1024))
    const journal = new JournalWriter({ ...store, write: (...args) => !isFull && store.write(...args) })
    assert.equal(journal.begin(5, 0), true)
    journal.finish(answer(0, { body: '0 is done' }))
    isFull = true
    assert.equal(journal.begin(5, 1), false)
    assert.equal(readJournal(store).kept, false)
    // The channel lets go of it only when it is asked to.
    let waiting = 10
    const channel = {
      get waiting() {
        return waiting
      },
      flush: () => void (waiting = 0),
      emptied: () => Promise.resolve(),
    }
    assert.equal(journal.settle(channel), undefined)
    assert.equal(waiting, 0)
    assert.equal(journal.begin(5, 1), true)
  })

  it('says nothing where all has left', () => {
    const store = sharedStore(new SharedArrayBuffer(64 * 1024))
    const journal = new JournalWriter({ ...store, write: () => false })
    assert.equal(journal.begin(5, 0), true)
  })
})

describe('a journal', () => {
  it('that was written over by somebody else is none', () => {
    const fd = createJournalFile()!
    const journal = new JournalWriter(fileStore(fd))
    journal.begin(1, 0)
    journal.finish(answer(0, { body: 'zero' }))
    journal.begin(1, 1)
    writeSync(fd, Buffer.alloc(20, 0xff), 0, 20, 92)
    assert.equal(readJournal(fileStore(fd)).kept, false)
    ftruncateSync(fd, 0)
    assert.equal(readJournal(fileStore(fd)).kept, false)
    closeSync(fd)
    const store = fileStore(fd)
    assert.equal(readJournal(store).kept, false)
    assert.equal(store.write(Uint8Array.of(1), 0), false)
    assert.doesNotThrow(() => store.erase())
    assert.deepEqual([store.isMarked(), store.isListened()], [false, undefined])
    assert.equal(readJournal(undefined).kept, false)
  })

  it('lies in a file without a name', () => {
    const fd = createJournalFile()!
    assert.equal(fstatSync(fd).nlink, 0)
    closeSync(fd)
  })

  it('has a path of its own in each thread of a process, where a file without one cannot be made', async () => {
    const urls = ['base/environment', 'channel/journal-store'].map((file) => import.meta.resolve(`#dist/${file}.js`))
    const [one, two] = await Promise.all([0, 1].map(() => pathInThread(urls)))
    assert.match(String(one), /manycore-journal/)
    assert.notEqual(one, two)
    for (const path of [one, two]) assert.equal(existsSync(String(path)), false)
  })

  it('without a store waits for the channel instead', () => {
    const journal = new JournalWriter(undefined)
    journal.begin(1, 0)
    journal.finish(answer(0, { body: 'zero' }))
    const wait = journal.settle({ waiting: 1, flush: () => {}, emptied: () => Promise.resolve() })
    assert.ok(wait instanceof Promise)
  })

  it(`is exactly right after each of ${KILLS} kills at random moments`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'manycore-journal-test-'))
    const path = fileURLToPath(new URL('../fixtures/channel/journals-until-killed.js', import.meta.url))
    let withUnsent = 0
    // More, where none of them came at the right moment to show something.
    for (let kill = 0; kill < KILLS || withUnsent === 0; kill++) {
      const fd = createJournalFile()!
      const effects = join(folder, String(kill))
      const child = endWithTest(
        spawn(process.execPath, [path, effects], { stdio: ['ignore', 'inherit', 'inherit', 'pipe', fd] }),
      )
      const channel = openPipe(child.stdio[3] as Socket)
      const end = closed(channel)
      const answered = new Set<number>()
      await new Promise<void>((resolve) => {
        channel.onMessage = (one) => {
          if (one.kind === 16) resolve()
          else answered.add(take(one))
        }
      })
      // Some are killed while nobody reads their answers.
      const deaf = kill % 3 === 0
      if (deaf) channel.pause()
      await sleep(Math.random() * 30)
      child.kill('SIGKILL')
      await once(child, 'exit')
      if (deaf) channel.resume()
      await end

      const journal = readJournal(fileStore(fd))
      closeSync(fd)
      assert.equal(journal.kept, true)
      const sent = answered.size
      for (const one of journal.unsent) answered.add(take(one))
      if (answered.size > sent) withUnsent++
      const lines = readFileSync(effects, 'utf8').split('\n').slice(0, -1)
      const began = lines.filter((line) => line.startsWith('begin')).length
      const ended = lines.length - began
      // Every item whose effects are complete is answered, except perhaps the last; nothing else is.
      assert.deepEqual(
        [...answered].sort((a, b) => a - b),
        Array.from({ length: answered.size }, (_, index) => index),
      )
      assert.ok(answered.size === ended || answered.size === ended - 1, `${answered.size} answered, ${ended} ended`)
      // The position is the first item without an answer, or the last with one; nothing behind it has begun.
      if (began > 0) {
        const { task, index } = journal.position!
        assert.equal(task, 7)
        assert.ok(index === answered.size || index === answered.size - 1, `${index} begun, ${answered.size} answered`)
        assert.ok(began <= index + 1, `${began} began, but the journal names ${index}`)
      }
    }
    rmSync(folder, { recursive: true })
  })
})

function withStore<T>(kind: string, use: (store: JournalStore) => T): T {
  if (kind === 'shared memory') return use(sharedStore(new SharedArrayBuffer(64 * 1024)))
  const fd = createJournalFile()!
  const result = use(fileStore(fd))
  if (result instanceof Promise) return result.finally(() => closeSync(fd)) as T
  closeSync(fd)
  return result
}

/** The path that a thread gives the file for a journal, at the same moment as any other thread. */
async function pathInThread(urls: readonly string[]): Promise<unknown> {
  const code = `
    const fs = require('node:fs')
    const { unlinkSync } = fs
    fs.unlinkSync = (path) => (unlinkSync(path), require('node:worker_threads').parentPort.postMessage(path))
    require('node:module').syncBuiltinESMExports()
    Date.now = () => 0
    Promise.all(${JSON.stringify(urls)}.map((url) => import(url))).then(([{ forcePlatform }, { createJournalFile }]) => {
      forcePlatform({ memoryFolder: undefined })
      fs.closeSync(createJournalFile())
    })`
  const [path] = (await once(new Worker(code, { eval: true }), 'message')) as unknown[]
  return path
}

function answer(index: number, payload: { body: string | Uint8Array }): Message {
  return { ...message({ kind: 17, task: 5, payload }), index } as Message
}

// The index, after checking that the body is what belongs to it.
function take(one: Message): number {
  assert.match(String(one.payload?.body), new RegExp(`^${one.index} `))
  return one.index
}

function firstDifference(one: Buffer, other: Buffer): number {
  for (let i = 0; i < other.length; i++) if (one[i] !== other[i]) return i
  return other.length
}
