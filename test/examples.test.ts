import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { compare, perWorker, type Result } from '../examples/main-job/report.ts'
import { heartPrograms } from './support/heart-programs.ts'
import { runProgram, type Ran } from './support/run-program.ts'

const examples = fileURLToPath(new URL('../examples/', import.meta.url))
const root = fileURLToPath(new URL('../../', import.meta.url))

describe('the heart programs', () => {
  for (const { name, check } of heartPrograms) {
    it(`${name} prints what the README says`, async () => {
      const { stdout, stderr, code } = await runProgram(join(examples, `${name}.js`))
      assert.equal(stderr, '')
      check(stdout)
      assert.equal(code, 0)
    })
  }
})

describe('the main job', () => {
  let folder: string
  let ran: Ran
  const strange = 'a\nnew line, a "quote" and ünïcödé 🙂.txt'

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'manycore-example-'))
    mkdirSync(join(folder, 'deep/er'), { recursive: true })
    writeFileSync(join(folder, 'two-lines.txt'), 'one\ntwo')
    writeFileSync(join(folder, 'empty.txt'), '')
    writeFileSync(join(folder, 'deep/er/bytes.bin'), Uint8Array.of(0, 10, 255, 10))
    writeFileSync(join(folder, strange), 'strange\n')
    writeFileSync(join(folder, 'unreadable.txt'), 'secret')
    writeFileSync(join(folder, 'vanishes.txt'), 'now you see me')
    writeFileSync(join(folder, 'vanishes-later.txt'), 'now you see me')
    writeFileSync(join(folder, 'huge.bin'), '')
    truncateSync(join(folder, 'huge.bin'), 2 ** 40)
    symlinkSync('loop', join(folder, 'loop'))
    symlinkSync('..', join(folder, 'deep/up'))
    symlinkSync('two-lines.txt', join(folder, 'link'))
    writeFileSync(Buffer.concat([Buffer.from(join(folder, 'bad-')), Buffer.of(0xff)]), 'x')
    execFileSync('mkfifo', [join(folder, 'pipe')])
    const faults = pathToFileURL(fileURLToPath(new URL('./fixtures/examples/faults.js', import.meta.url)))
    ran = await runProgram(join(examples, 'main-job.js'), [folder, join(folder, 'no-such-folder')], {
      execArgv: ['--import', faults.href],
      env: { FAULTS_IN: folder },
      cwd: root,
    })
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  const leftOut = (): string[] =>
    ran.stdout
      .split('\n')
      .filter((line) => line.startsWith('Left out: '))
      .map((line) => line.replaceAll(folder, '~'))
      .sort()

  it('names what it leaves out, one line each, and does the rest', () => {
    assert.equal(ran.stderr, '')
    assert.deepEqual(leftOut(), [
      'Left out: ~/bad-\ufffd has a name that is not valid UTF-8.',
      'Left out: ~/deep/up leads back to ~.',
      'Left out: ~/huge.bin has 1099511.6 MB, more than the 268.4 MB this job reads.',
      'Left out: ~/loop is a symbolic link that leads to itself.',
      'Left out: ~/no-such-folder does not exist (any more).',
      'Left out: ~/pipe is neither a file nor a folder.',
      'Left out: ~/unreadable.txt may not be read by this user.',
      'Left out: ~/vanishes.txt does not exist (any more).',
    ])
    assert.match(ran.stdout, /Changed meanwhile: \S+vanishes-later\.txt could be read in one run only\./)
    assert.match(ran.stdout, /\n8 files in .*; 1 links not followed\.\n/)
  })

  it('compares both runs and tells times, speed-up and what each worker did', () => {
    assert.match(ran.stdout, /\nOne process: \d+\.\d\d s for 0\.0 MB\.\n/)
    assert.match(ran.stdout, /\nAll \d+ cores: \d+\.\d\d s, the start of the workers included\.\n {2}\S+: \d+ files, /)
    assert.match(ran.stdout, /\nBoth results are equal\.\nSpeed-up: \d+\.\d\d times\.\n/)
    assert.equal(ran.code, 0)
  })

  it('then runs the heart programs', () => {
    for (const { name, check } of heartPrograms) {
      const [, rest = ''] = ran.stdout.split(`\n${name}\n`)
      check(String(rest.split(/\nheart-\d/)[0]))
    }
  })

  it('ends with 1 when there is nothing to read', async () => {
    const { stdout, code } = await runProgram(join(examples, 'main-job.js'), [join(folder, 'two-lines.txt')], {
      cwd: root,
    })
    assert.match(stdout, /Left out: \S+two-lines\.txt is no folder\.\n/)
    assert.match(stdout, /\nThere is nothing to measure: /)
    assert.doesNotMatch(stdout, /Speed-up/)
    assert.match(stdout, /heart-4/)
    assert.equal(code, 1)
  })
})

describe('the main job in a pipe', () => {
  it('ends quietly when nobody reads on', () => {
    const command = `"$1" "$2" "$3" | head -n 1`
    const job = join(examples, 'main-job.js')
    const { stdout, stderr } = spawnSync('/bin/sh', ['-c', command, 'sh', process.execPath, job, examples], {
      encoding: 'utf8',
    })
    assert.equal(stderr, '')
    assert.equal(stdout.split('\n').length, 2)
  })
})

describe('the report of the main job', () => {
  const result = (path: string, more: Partial<Result> = {}): Result => ({
    path,
    bytes: 3,
    lines: 1,
    gzip: 20,
    sha256: createHash('sha256').update(path).digest('hex'),
    problem: undefined,
    worker: 'W-1',
    ms: 1,
    ...more,
  })

  it('finds results that differ, and does not count who found them', () => {
    const one = [result('a'), result('b'), result('c'), result('d', { problem: 'gone' })]
    const many = [result('a', { worker: 'W-2', ms: 9 }), result('b', { lines: 2 }), result('c', { problem: 'gone' })]
    assert.deepEqual(compare(one, [...many, one[3] as Result]), { differ: ['b'], changed: ['c'] })
  })

  it('sums up per worker in the order of their numbers', () => {
    assert.deepEqual(
      perWorker([result('a', { worker: 'W-10' }), result('b', { worker: 'W-2' }), result('c', { worker: 'W-2' })]),
      ['W-2: 2 files, 0.0 MB, 0.00 s of work', 'W-10: 1 files, 0.0 MB, 0.00 s of work'],
    )
  })
})
