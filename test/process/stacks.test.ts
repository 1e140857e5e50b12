import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { describe, it } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { startProgram } from '../support/run-program.ts'

const require = createRequire(import.meta.url)
const source = fileURLToPath(new URL('../../../test/fixtures/process/fails.ts', import.meta.url))

const ways: readonly [how: string, program: string, execArgv: readonly string[]][] = [
  ['with tsx', source, ['--import', pathToFileURL(require.resolve('tsx')).href]],
  ['compiled, with source maps', 'process/fails', ['--enable-source-maps']],
]

describe('#032 the stack of an error that a process fails with', () => {
  for (const [how, program, execArgv] of ways) {
    it(`stands in the sources, names the process and leaves manycore out, ${how}`, async () => {
      const { stdout, stderr, code } = await startProgram(program, [], { execArgv }).ended
      assert.equal(code, 0)
      // In the terminal, told by the process, with its cause and its fields.
      assert.match(stderr, /^Process Ada:\nError: fails 7\n/)
      for (const frame of [/fail \(.*fails\.ts:9:/, /target \(.*fails\.ts:14:/]) {
        assert.equal(stderr.match(new RegExp(frame, 'g'))?.length, 2, stderr)
        assert.match(stdout, frame)
      }
      assert.match(stderr, / \{\n {2}detail: \{ n: 7 \},\n {2}\[cause\]: TypeError: inner\n/)
      // And in the result, joined to where the process was started.
      assert.match(stdout, /^Error: fails 7\n[^]*in process \d+\)\n.*fails\.ts:1[28]:/)
      assert.doesNotMatch(stdout + stderr, /(?:dist|src)\/(?:worker|process|channel|marshal)\//)
    })
  }
})
