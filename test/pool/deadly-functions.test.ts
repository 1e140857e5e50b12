import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { Pool, WorkerCrashedError, registerType } from 'manycore'

/** To read it in a worker is the end of that worker. */
class Deadly {
  readonly how: string
  /** Gets a line each time. */
  readonly file: string

  constructor(how: string, file: string) {
    this.how = how
    this.file = file
  }
}

registerType(Deadly, {
  name: 'test.Deadly',
  encode: ({ how, file }) => [how, file] as const,
  decode: ([how, file]) => {
    appendFileSync(file, '.')
    if (how === 'SIGKILL') process.kill(process.pid, 'SIGKILL')
    if (how === 'exit') process.exit(7)
    return new Deadly(how, file)
  },
})

const folder = mkdtempSync(join(tmpdir(), 'deadly-'))
after(() => rmSync(folder, { recursive: true }))

describe('a function that cannot be read without harm', () => {
  for (const backend of ['process', 'thread'] as const) {
    it(`costs a few workers, however many items it has, and nothing else (${backend})`, async () => {
      await using pool = new Pool({ processes: 2, backend })
      const deadly = new Deadly('exit', join(folder, backend))
      const read = (n: number): string => `${n}${deadly.how}`
      const others = pool.map((n: number) => n, [1, 2, 3])
      const results = await pool.map(read, [1, 2, 3, 4, 5, 6, 7, 8], { onError: 'settle', chunkSize: 1 })
      assert.equal(results.length, 8)
      for (const result of results) {
        assert.ok(result.status === 'rejected' && result.reason instanceof WorkerCrashedError)
        assert.match(result.reason.message, /^read\(\) cannot be built in a worker: \d workers in a row died/)
        assert.equal(result.reason.exitCode, 7)
      }
      assert.deepEqual(await others, [1, 2, 3])
      const { retried, lost } = pool.stats()
      assert.deepEqual([retried, lost], [0, 8])
      const deaths = readFileSync(deadly.file).length
      assert.ok(deaths >= 3 && deaths <= 4, `${deaths} workers died`)
    })
  }

  it('is tried once more by the next call, whatever it is called by', async () => {
    await using pool = new Pool({ processes: 1 })
    const deadly = new Deadly('SIGKILL', join(folder, 'again'))
    const read = (): string => deadly.how
    for (let round = 0; round < 3; round++) {
      const tasks = Array.from({ length: 5 }, () => pool.apply(read))
      for (const task of await Promise.allSettled(tasks)) {
        assert.ok(task.status === 'rejected' && task.reason instanceof WorkerCrashedError)
        assert.match(task.reason.message, /cannot be built/)
        assert.equal(task.reason.signal, 'SIGKILL')
      }
      const stream = pool.imap(read, [1, 2])
      await assert.rejects(stream.next(), /cannot be built/)
      await assert.rejects(stream.next(), /cannot be built/)
    }
    assert.equal(readFileSync(deadly.file).length, 3 + 5)
  })

  it('is not blamed for a worker that died of one of its items', async () => {
    await using pool = new Pool({ processes: 1 })
    const die = (n: number): number => process.exit(n)
    const results = await pool.map(die, [1, 2, 3, 4, 5], { onError: 'settle' })
    assert.deepEqual(
      results.map((result) => (result.status === 'rejected' ? (result.reason as WorkerCrashedError).exitCode : 0)),
      [1, 2, 3, 4, 5],
    )
  })
})
