import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Process } from 'manycore'
import { eventually } from '../support/eventually.ts'
import { openDescriptors } from '../support/workers.ts'

const program = fileURLToPath(new URL('../fixtures/process/works-in-need.js', import.meta.url))
const mayMount = spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0

interface Told {
  readonly outcomes: string[]
  readonly again: string
  readonly squares: number[]
}

describe('in need', () => {
  const skip = mayMount ? false : 'needs the right to mount (unshare -m)'
  const folders: readonly [what: string, prepare: string][] = [
    [
      'full memory and temp disks',
      'mount -t tmpfs -o size=4k none D && { dd if=/dev/zero of=D/full bs=4k count=2 2>/dev/null; true; }',
    ],
    ['memory and temp folders that cannot be written', 'mount -t tmpfs -o ro none D'],
  ]
  for (const [what, prepare] of folders) {
    it(`processes and pools work with ${what}, without a journal`, { skip }, (t) => {
      const temp = mkdtempSync(join(tmpdir(), 'need-'))
      t.after(() => rmSync(temp, { recursive: true }))
      const script = [...['/dev/shm', temp].map((folder) => prepare.replaceAll('D', folder)), 'exec "$0" "$1"'].join(
        ' && ',
      )
      const ran = run('unshare', ['-m', 'sh', '-c', script, process.execPath, program], { TMPDIR: temp })
      assert.deepEqual(told(ran), { outcomes: Array(12).fill('done'), again: 'works', squares: [1, 4, 9] })
      assert.deepEqual(readdirSync(temp), [])
    })
  }

  it('with a temp folder that is not there all is well', () => {
    const ran = run(process.execPath, [program], { TMPDIR: '/nowhere/at/all' })
    assert.deepEqual(told(ran).squares, [1, 4, 9])
  })

  it('a loader that is missing, or a program that is no Node, is told by name and leaves nothing behind', async () => {
    await new Process({ target: () => {} }).start().join()
    const before = openDescriptors().length
    const missing = new Process({
      target: () => {},
      execArgv: ['--import', 'not-there-at-all'],
      stdio: 'ignore',
    }).start()
    await assert.rejects(missing.result, { code: 'MC_WORKER_START', message: /not-there-at-all/ })
    const wrong = new Process({ target: () => {}, execPath: '/bin/true', execArgv: [], stdio: 'ignore' })
    if (process.platform !== 'win32') await assert.rejects(wrong.start().result, { code: 'MC_WORKER_START' })
    assert.throws(() => new Process({ target: () => {}, execPath: '/no/such/node' }).start(), {
      code: 'MC_WORKER_START',
      message: /\/no\/such\/node/,
    })
    const unknown = { target: () => {}, execPath: 'no-such-node' }
    assert.throws(() => new Process(unknown).start(), { message: /there is no program no-such-node \(ENOENT\)/ })
    assert.throws(() => new Process({ target: () => {}, execPath: tmpdir() }).start(), {
      message: /no program that can/,
    })
    assert.throws(() => new Process({ target: () => {}, env: { LONG: 'x'.repeat(3_000_000) } }).start(), {
      code: 'MC_WORKER_START',
      message: /too long for the system \(E2BIG\); pass a smaller env/,
    })
    await missing.join()
    await eventually(() => assert.ok(openDescriptors().length <= before))
  })
})

function run(file: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): { stdout: string; stderr: string } {
  const { NODE_TEST_CONTEXT: _, ...own } = process.env
  return spawnSync(file, args, { env: { ...own, ...env }, encoding: 'utf8', timeout: 60_000, killSignal: 'SIGKILL' })
}

function told({ stdout, stderr }: { stdout: string; stderr: string }): Told {
  assert.match(stdout, /^\{.*\}\n$/, stderr)
  return JSON.parse(stdout) as Told
}
