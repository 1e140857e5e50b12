import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import { Pool, Process, getLogger, type LogLevel, type LogRecord } from 'manycore'
import { runProgram } from '../support/run-program.ts'

const logger = getLogger()
const records: LogRecord[] = []
const logAll = (what: string): void => {
  const { debug, info, warning, error } = getLogger()
  debug(what)
  info('%s of %d', what, 4)
  warning({ what })
  error(new RangeError(what).message)
}

function listen(level: LogLevel): void {
  records.length = 0
  logger.level = level
  logger.handler = (record) => void records.push(record)
}

describe('what workers log', () => {
  afterEach(() => {
    logger.level = 'warning'
    logger.handler = undefined
  })

  for (const backend of ['process', 'thread', 'inline'] as const) {
    it(`#250 reaches the owner with level and name (${backend})`, async () => {
      listen('info')
      await using pool = new Pool({ processes: 1, backend, name: 'Logging' })
      const pid = await pool.apply(
        (log: typeof logAll) => {
          log('one')
          return process.pid
        },
        [logAll],
      )
      assert.deepEqual(
        records.map(({ level, text }) => [level, text]),
        [
          ['info', 'one of 4'],
          ['warning', "{ what: 'one' }"],
          ['error', 'one'],
        ],
      )
      for (const record of records) {
        assert.match(record.process, /^Logging-\d+$/)
        assert.equal(record.pid, pid)
        assert.ok(Math.abs(record.time - Date.now()) < 60_000)
      }
    })
  }

  it('#250 is held to the level that its owner has', async () => {
    for (const [level, count] of [
      ['debug', 4],
      ['error', 1],
      ['off', 0],
    ] as const) {
      listen(level)
      await using pool = new Pool({ processes: 1 })
      assert.equal(await pool.apply(() => getLogger().level), level)
      await pool.apply(logAll, ['x'])
      const own = records.filter(({ process }) => process !== 'MainProcess')
      assert.equal(own.length, count)
    }
    listen('warning')
    await using pool = new Pool({ processes: 1 })
    await pool.apply(logAll, ['before'])
    logger.level = 'error'
    await pool.apply(logAll, ['after'])
    assert.deepEqual(
      records.map(({ level }) => level),
      ['warning', 'error', 'error'],
    )
  })

  it('#250 comes up from workers of workers, and from a process that ends right behind it', async () => {
    listen('warning')
    const child = new Process({
      name: 'Outer',
      target: async (log: typeof logAll) => {
        const inner = new Process({ name: 'Inner', target: log, args: ['deep'] }).start()
        await inner.join()
        getLogger().error('last words')
        process.exit(0)
      },
      args: [logAll],
    })
    await child.start().join()
    assert.deepEqual(
      records.map(({ process, text }) => [process, text]),
      [
        ['Inner', "{ what: 'deep' }"],
        ['Inner', 'deep'],
        ['Outer', 'last words'],
      ],
    )
  })

  it('#250 stands on stderr line by line where nobody handles it; NODE_DEBUG=manycore shows the life of the workers', async () => {
    const plain = await runProgram('pool/logs-life')
    assert.match(plain.stderr, /^\[WARNING\/PoolWorker-1\] and 1 more\n$/)
    const { stderr } = await runProgram('pool/logs-life', [], { env: { NODE_DEBUG: 'manycore' } })
    const lines = stderr.trimEnd().split('\n')
    assert.match(lines[0] ?? '', /^\[DEBUG\/MainProcess\] PoolWorker-1 \(pid \d+\) is ready\.$/)
    assert.ok(lines.includes('[INFO/PoolWorker-1] in a task') && lines.includes('[INFO/PoolWorker-1] of two lines'))
    // It is given a second.
    assert.match(
      lines.at(-1) ?? '',
      /^\[DEBUG\/MainProcess\] PoolWorker-1 \(pid \d+\) (?:has ended|was killed by SIGTERM.*)\.$/,
    )
  })

  it('costs nobody else anything when its handler throws', async () => {
    const { stdout, stderr, code } = await runProgram('pool/logs-life', ['throws'])
    assert.equal(stdout, "cannot write 'and 1 more'\nthe task goes on\n")
    assert.deepEqual([stderr, code], ['', 0])
  })

  it('refuses what is no level and no handler', () => {
    assert.throws(() => (logger.level = 'loud' as never), { code: 'MC_ARGUMENT_INVALID' })
    assert.throws(() => (logger.handler = 1 as never), { code: 'MC_ARGUMENT_INVALID' })
  })
})
