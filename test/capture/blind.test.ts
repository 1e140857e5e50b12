import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const program = fileURLToPath(new URL('../fixtures/captures-without-inspector.js', import.meta.url))
const major = Number(process.versions.node.split('.')[0])

describe('without an inspector', () => {
  it('functions travel with what they import and what is given, and refuse by the name of a variable', async () => {
    const permission = major < 23 ? '--experimental-permission' : '--permission'
    const { stdout } = await promisify(execFile)(process.execPath, [
      permission,
      '--allow-fs-read=*',
      '--no-warnings',
      program,
    ])
    const { missing, socket, ...others } = JSON.parse(stdout) as Record<string, unknown>
    assert.deepEqual(others, { absence: 'permission', plain: 2, given: 24, imported: '.ts', instance: 6 })
    assert.match(
      String(missing),
      /its variable `factor` cannot be seen here, because .*permission.*captures: \{ factor \}/,
    )
    assert.match(String(socket), /stop cannot be sent to another process/)
  })
})
