import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { before, describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'

const script = fileURLToPath(new URL('../../scripts/run-tests.mjs', import.meta.url))

describe('the test runner', () => {
  const flags = [`--import=${fileURLToPath(new URL('limit-each-test.mjs', pathToFileURL(script)))}`]
  const named = () => ({ flags, env: { MANYCORE_TEST_LIMIT: String(limitMs) } })
  let limitMs = NaN
  // A test that is cut off has to have begun by then.
  before(async () => {
    const startMs = performance.now()
    await runTests('clean')
    limitMs = Math.max(1500, Math.ceil(3 * (performance.now() - startMs)))
  })

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
    const { code, output } = await runTests('left-process')
    assert.equal(code, 1, output)
    const [, pid, command] = /Left process (\d+) .*: (.*)/.exec(output) ?? []
    assert.match(String(command), /setTimeout/)
    assert.ok(pid)
    while (isRunning(pid)) await setImmediate()
  })

  it('fails when a temp file with the prefix of manycore remains', async () => {
    const { code, output } = await runTests('left-file')
    assert.equal(code, 1, output)
    assert.match(output, /Left file .*manycore-left/)
  })

  const noMemory = existsSync('/dev/shm') ? false : 'this system has no folder in memory'
  it('fails when a file in memory with the prefix of manycore remains', { skip: noMemory }, async () => {
    const name = randomUUID()
    const { code, output } = await runTests('left-memory', [], { env: { LEFT_NAME: name } })
    rmSync(`/dev/shm/manycore-left-${name}`)
    assert.equal(code, 1, output)
    assert.match(output, new RegExp(`Left file .*manycore-left-${name}`))
  })

  it('ends tests that never end, one that waits and one that spins', async () => {
    const { code, output } = await runTests('hanging', ['--timeout', String(limitMs)])
    assert.equal(code, 1, output)
    assert.match(output, /Left behind: .*no temp file/)
  })

  it('comes to its end although what a test that was cut off had started holds its output', { skip }, async () => {
    const { code, output } = await runTests('hanging-with-child', ['--timeout', String(limitMs), '--alone', '1000'])
    assert.equal(code, 1, output)
    assert.match(output, /Ended process \d+, which a test had left running: .*setTimeout/)
  })

  it('names a test that waits for ever', async () => {
    const { code, output } = await runTests('hanging', ['hanging/hanging'], named())
    assert.equal(code, 1, output)
    assert.match(output, /Nothing has happened for \d+ ms in the test 'never ends' of .*hanging\.test\.js/)
  })

  // Before, it is node --test that cuts off the file.
  const isOld = Number(process.versions.node.split('.')[0]) < 24 && 'the runner learns it on Node 24 and 26 only'
  it('names a test that spins', { skip: skip || isOld }, async () => {
    const { code, output } = await runTests('hanging', ['hanging/spinning', '--timeout', String(limitMs)], named())
    assert.equal(code, 1, output)
    assert.match(output, /Ended a test file .*spinning\.test\.js:never_lets_its_event_loop_go_on/)
  })

  it('fails when no test matches', async () => {
    const { code, output } = await runTests('clean', ['no-such-test'])
    assert.equal(code, 1, output)
    assert.match(output, /No test in .* matches no-such-test/)
  })
})

function runTests(
  fixture: string,
  args: string[] = [],
  { flags = [], env = {} }: { flags?: string[]; env?: NodeJS.ProcessEnv } = {},
): Promise<{ code: number; output: string }> {
  const folder = `.build/test/fixtures/test-runs/${fixture}`
  return new Promise((resolve) => {
    const command = [...flags, script, '--folder', folder, '--settle', '300', ...args]
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
