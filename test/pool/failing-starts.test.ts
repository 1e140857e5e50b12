import assert from 'node:assert/strict'
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, it } from 'node:test'
import { Pool, StateError, WorkerCrashedError, WorkerStartError } from 'manycore'
import { needs, onEachBackend } from '../support/on-backends.js'

onEachBackend('workers that cannot be had', (place) => {
  const { backend } = place
  let folder: string
  let files = 0
  before(() => (folder = mkdtempSync(join(tmpdir(), 'manycore-starts-'))))
  after(() => rmSync(folder, { recursive: true }))
  const newFile = (): string => join(folder, `file-${++files}`)
  const linesOf = (file: string): string[] => (existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [])

  it(
    '#236 a pool whose workers cannot start says so to everybody who waits, and later calls too',
    needs(place, 'startsAnew'),
    async () => {
      const missing = join(folder, 'no-such-file')
      const pool = new Pool({
        backend,
        processes: 2,
        ...(place.has('isProcess') ? { execPath: missing } : { execArgv: ['--import', missing] }),
      })
      const outcomes = await Promise.allSettled([
        pool.apply(() => 1),
        pool.apply(() => 2),
        pool.map(String, [1, 2]),
        pool.imap(String, [1]).next(),
      ])
      for (const one of outcomes) {
        assert.ok(one.status === 'rejected' && one.reason instanceof WorkerStartError)
        assert.match(one.reason.message, /no-such-file/)
      }
      assert.throws(
        () => pool.apply(() => 1),
        (error) =>
          error instanceof StateError && error.code === 'MC_POOL_BROKEN' && error.cause instanceof WorkerStartError,
      )
      await pool.join()
    },
  )

  it(
    '#236 a worker that dies before its first task is tried a bounded number of times',
    needs(place, 'startsAnew'),
    async () => {
      const file = newFile()
      const preload = `data:text/javascript,import{appendFileSync}from'node:fs';appendFileSync(${JSON.stringify(file)},'x\\n');process.exit(7)`
      const pool = new Pool({ backend, processes: 2, execArgv: ['--import', preload] })
      await assert.rejects(
        pool.apply(() => 1),
        (error) => error instanceof WorkerStartError && error.details.exitCode === 7,
      )
      assert.ok(linesOf(file).length <= 5, `${linesOf(file).length} starts`)
      await pool.terminate()
    },
  )

  it('#236 a failing initializer breaks the pool after a bounded number of tries, with its own error', async () => {
    const file = newFile()
    for (const initializer of [
      () => {
        appendFileSync(file, 'x\n')
        throw new RangeError('no database')
      },
      () => {
        appendFileSync(file, 'x\n')
        // Nothing that could be turned into a text.
        throw Object.create(null)
      },
      () => {
        appendFileSync(file, 'x\n')
        process.exit(5)
      },
    ]) {
      rmSync(file, { force: true })
      const pool = new Pool({ backend, processes: 2, initializer })
      const outcomes = await Promise.allSettled([pool.apply(() => 1), pool.map(String, [1])])
      for (const one of outcomes) {
        assert.ok(one.status === 'rejected')
        const { code, cause } = one.reason as { code: string; cause: unknown }
        assert.equal(code, 'MC_WORKER_INITIALIZER')
        const isNothing = Object.getPrototypeOf(cause) === null
        const hasDied = cause instanceof WorkerCrashedError && cause.exitCode === 5
        assert.ok(isNothing || hasDied || cause instanceof RangeError)
      }
      assert.throws(() => pool.apply(() => 1), { code: 'MC_POOL_BROKEN' })
      await pool.join()
      assert.ok(linesOf(file).length <= 5, `${linesOf(file).length} tries`)
    }
  })
})
