import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { closeSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, it } from 'node:test'
import { forcePlatform, type Platform } from '#dist/base/environment.js'
import { standstill } from '#dist/backend/standstill.js'
import { createJournalFile, fileStore } from '#dist/channel/journal-store.js'
import { allGone } from '../support/processes.js'
import { startWorker, textOf } from '../support/workers.js'

// Each guard of docs/platforms.md, forced here on a machine that lacks nothing.
const WINDOWS: Partial<Platform> = { isWindows: true, hasProcfs: false, shell: undefined, memoryFolder: undefined }
const MACOS: Partial<Platform> = { hasProcfs: false, memoryFolder: undefined }

const skip = process.platform === 'win32' && 'needs a machine that lacks nothing'

const parentOfSleep = (detached: boolean): number => {
  const { spawn } = process.getBuiltinModule('node:child_process')
  return spawn('sleep', ['60'], { stdio: 'ignore', detached }).pid as number
}

describe('where something is missing', { skip }, () => {
  const temp = process.env['TMPDIR']
  afterEach(() => {
    forcePlatform({})
    if (temp === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = temp
  })

  for (const [name, facts] of [
    ['macOS', MACOS],
    ['Windows', WINDOWS],
  ] as const) {
    it(`workers work as on ${name}, also with much in both directions, and what they print is not lost`, async () => {
      forcePlatform(facts)
      const { worker, call } = startWorker()
      const printed = textOf(worker.stdout)
      const big = new Uint8Array(3_000_000).fill(7)
      const back = (await call((bytes: Uint8Array) => {
        for (let line = 0; line < 5_000; line++) console.log(`line ${line} ${'x'.repeat(50)}`)
        return bytes.map((byte) => byte + 1)
      }, big)) as Uint8Array
      ok(back.length === big.length && back.every((byte) => byte === 8))
      await worker.stop()
      equal((await printed).trimEnd().split('\n').length, 5_000)
    })

    it(`a crash as on ${name} is told with its signal and its last words`, async () => {
      forcePlatform(facts)
      const { worker, call } = startWorker()
      const printed = textOf(worker.stderr)
      await rejects(
        call(() => {
          process.stderr.write(`${'y'.repeat(100_000)}\nthe last words\n`)
          process.kill(process.pid, 'SIGKILL')
        }),
      )
      const { signal, stderrTail } = await worker.exited
      equal(signal, 'SIGKILL')
      ok(stderrTail.endsWith('the last words'))
      ok((await printed).endsWith('the last words\n'))
    })
  }

  it('without /proc a tree is the process group', async () => {
    forcePlatform({ hasProcfs: false })
    const { worker, call } = startWorker()
    const inGroup = (await call(parentOfSleep, false)) as number
    const outside = (await call(parentOfSleep, true)) as number
    worker.kill('SIGTERM', { tree: true })
    await worker.exited
    await allGone([inGroup])
    equal(process.kill(outside, 'SIGKILL'), true)
  })

  it('a pipe that cannot be read at once and is held open by somebody else does not hold the end up', async () => {
    forcePlatform(WINDOWS)
    const { worker, call } = startWorker()
    const pid = (await call(() => {
      const { spawn } = process.getBuiltinModule('node:child_process')
      const child = spawn('sleep', ['60'], { stdio: ['ignore', 'inherit', 'inherit'], detached: true })
      child.unref()
      return child.pid
    })) as number
    equal((await worker.stop({ graceMs: 60_000 })).exitCode, 0)
    process.kill(pid, 'SIGKILL')
  })

  it('where no tool ends a tree, the worker at least is ended', async () => {
    forcePlatform(WINDOWS)
    const { worker, call } = startWorker()
    await call(() => 1)
    worker.kill('SIGKILL', { tree: true })
    equal((await worker.exited).signal, 'SIGKILL')
  })

  it('a hanging start is not looked into without /proc', () => {
    forcePlatform({ hasProcfs: false })
    equal(standstill(process.pid), undefined)
  })

  it('without a folder in memory the journal is a file in the temp folder that nobody can see', () => {
    const folder = mkdtempSync(join(tmpdir(), 'manycore-lacking-'))
    process.env['TMPDIR'] = folder
    forcePlatform({ memoryFolder: undefined })
    const fd = createJournalFile()
    ok(fd !== undefined)
    deepEqual(readdirSync(folder), [])
    equal(fileStore(fd).write(Uint8Array.of(1, 2), 0), true)
    deepEqual([...(fileStore(fd).read() ?? [])], [1, 2])
    closeSync(fd)
    rmSync(folder, { recursive: true })
  })

  it('without any folder there is no journal, and workers work', async () => {
    process.env['TMPDIR'] = '/nowhere/at/all'
    forcePlatform({ memoryFolder: '/nowhere/either' })
    equal(createJournalFile(), undefined)
    const { worker, call } = startWorker()
    equal(await call(() => 1), 1)
    worker.kill('SIGKILL')
    await worker.exited
    equal(worker.readJournal().kept, false)
  })
})
