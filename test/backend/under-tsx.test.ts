import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { runProgram } from '../support/run-program.js'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href

// tsx compiles what is required a second time, so that a worker has two instances of some modules of manycore.
const PROGRAM = `
import { Pool, Process, Thread, WorkerCrashedError, currentProcess, currentTask } from 'manycore'

const who = (n: number): string => currentProcess().name + ' ' + n
const dies = (): void => process.exit(3)

async function main(): Promise<void> {
  for (const Kind of [Process, Thread]) console.log(await new Kind({ target: who, args: [1] }).start().result)
  for (const backend of ['process', 'thread', 'inline'] as const) {
    const pool = new Pool({ backend, processes: 1, name: backend })
    const [name] = await pool.map(who, [1])
    const error: unknown = await pool.apply(dies).catch((reason: unknown) => reason)
    const task = pool.apply(() => currentTask().id)
    console.log(name?.replace(/\\d+/, 'N'), error instanceof WorkerCrashedError, (await task) === task.id)
    await pool.terminate()
  }
}
void main()
`
const PRINTED = `Process-1 1
Thread-2 1
process-N 1 true true
thread-N 1 true true
inline-N 1 true true
`

describe('under tsx a worker knows who it is, on every backend', () => {
  let folder: string
  before(() => (folder = mkdtempSync(join(tmpdir(), 'manycore-tsx-'))))
  after(() => rmSync(folder, { recursive: true }))

  for (const type of ['module', 'commonjs']) {
    it(`in a program of the type ${type}`, async () => {
      const own = join(folder, type)
      mkdirSync(join(own, 'node_modules'), { recursive: true })
      symlinkSync(root, join(own, 'node_modules/manycore'))
      writeFileSync(join(own, 'package.json'), JSON.stringify({ type }))
      writeFileSync(join(own, 'program.ts'), PROGRAM)
      const { stdout, stderr, code } = await runProgram(join(own, 'program.ts'), [], { execArgv: ['--import', tsx] })
      assert.deepEqual({ stdout, stderr, code }, { stdout: PRINTED, stderr: '', code: 0 })
    })
  }
})
