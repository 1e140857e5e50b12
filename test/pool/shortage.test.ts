import assert from 'node:assert/strict'
import { execFile, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createInterface } from 'node:readline'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { endWithTest } from '../support/end-with-test.js'
import { asLoneUser } from '../support/lone-user.js'
import { runProgram } from '../support/run-program.js'

const FIXTURE = 'pool/replaces-in-need'

interface Told {
  readonly alone: unknown[]
  readonly both: string[]
  readonly last: string[]
  readonly none: string[]
  readonly refused: string
  readonly text: string
  readonly left: number
  readonly again: number[]
}

describe('a pool that loses workers when no other can be had', () => {
  for (const backend of ['process', 'thread'] as const) {
    it(`#230 for lack of descriptors, backend '${backend}': settles all with what to raise, and tries a few times`, async () => {
      const ran = await runProgram(FIXTURE, ['descriptors', backend], { shell: 'ulimit -n 120' })
      assertSettled(ran.stdout, ran.stderr, /no file descriptors are left .*raise "ulimit -n"/)
    })

    it(`#230 for lack of slots, backend '${backend}': the same`, { skip: whyNoSlots() }, async () => {
      const { stdout, stderr } = await withSlots(backend)
      assertSettled(stdout, stderr, /raise "ulimit -u"/)
    })
  }
})

/** Runs the program as a user who has no more slots than it asks for. */
async function withSlots(backend: string): Promise<{ stdout: string; stderr: string }> {
  const program = fileURLToPath(new URL(`../fixtures/${FIXTURE}.js`, import.meta.url))
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  // The temp folder of the tests is not this user's.
  const options = { env: { ...env, TMPDIR: '/tmp' } }
  // The limit counts what a user has, and does not bind root.
  const asUser = asLoneUser()
  const args = [...asUser, process.execPath, program, 'slots', backend]
  const child = endWithTest(spawn('setpriv', args, { ...options, stdio: 'pipe' }))
  let stdout = ''
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  for await (const line of createInterface(child.stdout)) {
    const slots = /^slots (\d+)$/.exec(line)?.[1]
    if (slots === undefined) stdout += `${line}\n`
    else {
      // Who is not that user may not, root included where it lacks CAP_SYS_RESOURCE.
      spawnSync('setpriv', [...asUser, 'prlimit', '--pid', String(child.pid), `--nproc=${slots}:`])
      child.stdin.write('\n')
    }
  }
  return { stdout, stderr }
}

describe('a pool whose memory disk fills up while its workers have their journals there', () => {
  it('#230 runs each item once, and loses with a killed worker the one that ran', { skip: whyNoDisk() }, async () => {
    const temp = mkdtempSync(join(tmpdir(), 'manycore-full-'))
    try {
      const program = fileURLToPath(new URL('../fixtures/pool/fills-memory-disk.js', import.meta.url))
      const script = 'mount -t tmpfs -o size=256k none /dev/shm && exec "$0" "$1" /dev/shm "$2"'
      const args = ['-m', 'sh', '-c', script, process.execPath, program, join(temp, 'log')]
      const { NODE_TEST_CONTEXT: _, ...env } = process.env
      const { stdout } = await promisify(execFile)('unshare', args, { env, timeout: 60_000 })
      const told = JSON.parse(stdout) as { outcomes: unknown[]; began: number[]; again: number[] }
      const lost = told.outcomes.map((_, n) => (n === 1 || n === 11 ? 'MC_WORKER_CRASHED' : true))
      assert.deepEqual(told.outcomes, lost)
      assert.equal(new Set(told.began).size, told.began.length, 'nothing ran twice')
      assert.equal(told.began.length, told.outcomes.length)
      assert.deepEqual(told.again, [2, 3])
    } finally {
      rmSync(temp, { recursive: true })
    }
  })
})

function whyNoDisk(): string | false {
  const may = spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0
  return may ? false : 'needs the right to mount (unshare -m)'
}

function assertSettled(stdout: string, stderr: string, why: RegExp): void {
  assert.match(stdout, /^\{.*\}\n$/, stderr)
  const told = JSON.parse(stdout) as Told
  const doubled = Array.from({ length: 12 }, (_, n) => (n === 3 ? 'MC_WORKER_CRASHED' : n * 2))
  assert.deepEqual(told.alone, doubled)
  assert.deepEqual(told.both, ['both', 'both'])
  assert.deepEqual(told.last, ['MC_WORKER_CRASHED', 'MC_WORKER_CRASHED'])
  assert.deepEqual(told.none, ['MC_WORKER_START', 'MC_WORKER_START'])
  assert.equal(told.refused, 'MC_POOL_BROKEN')
  assert.match(told.text, why)
  // Workers are numbered: two, what replaced one of them, and a few attempts.
  assert.ok(Number(/PoolWorker-(\d+)/.exec(told.text)?.[1]) < 15, told.text)
  assert.equal(told.left, 0, `${told.left} descriptors are left open`)
  assert.deepEqual(told.again, [2, 3])
}

function whyNoSlots(): string | false {
  if (process.platform !== 'linux') return 'needs Linux'
  if (process.getuid?.() !== 0) return 'needs root, to become a user who has no other processes'
  const program = fileURLToPath(new URL(`../fixtures/${FIXTURE}.js`, import.meta.url))
  const can = spawnSync('setpriv', [...asLoneUser(), 'prlimit', '--nproc=99:', process.execPath, '--check', program])
  return can.status === 0 ? false : 'needs setpriv and prlimit, and a Node and a checkout that any user may read'
}
