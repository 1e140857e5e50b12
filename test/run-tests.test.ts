import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'

const script = fileURLToPath(new URL('../../scripts/run-tests.mjs', import.meta.url))

describe('the test runner', () => {
  const flags = [`--import=${fileURLToPath(new URL('limit-each-test.mjs', pathToFileURL(script)))}`]

  it('succeeds for tests that pass and leave nothing', async () => {
    const { code, output } = await runTests('clean')
    assert.equal(code, 0, output)
    assert.match(output, /ℹ tests 1/)
    assert.match(output, /Left behind: .*no temp file/)
  })

  it('fails when a test fails', async () => {
    const { code, output } = await runTests('failing')
    assert.equal(code, 1, output)
  })

  const skip = existsSync('/proc/self/environ') ? false : 'this system has no /proc to find processes in'
  it('fails when a process started by a test is still alive, names it and ends it', { skip }, async () => {
    const { code, output } = await runTests('left-process', SETTLE)
    assert.equal(code, 1, output)
    const [, pid, command] = /Left process (\d+) .*: (.*)/.exec(output) ?? []
    assert.match(String(command), /setTimeout/)
    assert.ok(pid)
    while (isRunning(pid)) await setImmediate()
  })

  it('fails when a temp file with the prefix of manycore remains', async () => {
    const { code, output } = await runTests('left-file', SETTLE)
    assert.equal(code, 1, output)
    assert.match(output, /Left file .*manycore-left/)
  })

  const noMemory = existsSync('/dev/shm') ? false : 'this system has no folder in memory'
  it('fails when a file in memory with the prefix of manycore remains', { skip: noMemory }, async () => {
    const name = randomUUID()
    const { code, output } = await runTests('left-memory', SETTLE, { env: { LEFT_NAME: name } })
    rmSync(`/dev/shm/manycore-left-${name}`)
    assert.equal(code, 1, output)
    assert.match(output, new RegExp(`Left file .*manycore-left-${name}`))
  })

  it('ends tests that never end, one that waits and one that spins', async () => {
    const { code, output } = await runTests('hanging', ['--timeout', '1500'])
    assert.equal(code, 1, output)
    assert.match(output, /Left behind: .*no temp file/)
  })

  it('comes to its end although what a test that was cut off had started holds its output', { skip }, async () => {
    const { code, output } = await cutOff(/Ended process \d+, which a test had left running: .*setTimeout/, (limit) =>
      runTests('hanging-with-child', ['--timeout', limit, '--alone', '500']),
    )
    assert.equal(code, 1, output)
  })

  it('names a test that waits for ever', async () => {
    const said = /Nothing has happened for \d+ ms in the test 'never ends' of .*hanging\.test\.js/
    const { code, output } = await cutOff(said, (limit) =>
      runTests('hanging', ['hanging/hanging'], { flags, env: { MANYCORE_TEST_LIMIT: limit } }),
    )
    assert.equal(code, 1, output)
  })

  // Before, it is node --test that cuts off the file.
  const isOld = Number(process.versions.node.split('.')[0]) < 24 && 'the runner learns it on Node 24 and 26 only'
  it('names a test that spins', { skip: skip || isOld }, async () => {
    const said = /Ended a test file .*spinning\.test\.js:never_lets_its_event_loop_go_on/
    const { code, output } = await cutOff(said, (limit) =>
      runTests('hanging', ['hanging/spinning', '--timeout', limit], { flags, env: { MANYCORE_TEST_LIMIT: limit } }),
    )
    assert.equal(code, 1, output)
  })

  it('fails when no test matches', async () => {
    const { code, output } = await runTests('clean', ['no-such-test'])
    assert.equal(code, 1, output)
    assert.match(output, /No test in .* matches no-such-test/)
  })
})

// What is left for good is told after this time; what ends in a moment is waited for longer.
const SETTLE = ['--settle', '300']

/** Cuts tests off with ever longer limits, until that was long enough for what is cut off to have begun. */
async function cutOff(said: RegExp, run: (limit: string) => Promise<Ended>): Promise<Ended> {
  for (let limitMs = 1000; ; limitMs *= 2) {
    const ended = await run(String(limitMs))
    if (said.test(ended.output)) return ended
    assert.ok(limitMs < 30_000, ended.output)
  }
}

interface Ended {
  readonly code: number
  readonly output: string
}

function runTests(
  fixture: string,
  args: string[] = [],
  { flags = [], env = {} }: { flags?: string[]; env?: NodeJS.ProcessEnv } = {},
): Promise<Ended> {
  const folder = `.build/test/fixtures/test-runs/${fixture}`
  return new Promise((resolve) => {
    const command = [...flags, script, '--folder', folder, ...args]
    execFile(process.execPath, command, { env: { ...process.env, ...env } }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, output: stdout + stderr })
    })
  })
}

// A killed process whose parent never asks for its exit code stays in the table as a zombie (Z).
function isRunning(pid: string): boolean {
  try {
    return !/^\d+ \(.*\) [ZX] /s.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return false
  }
}
