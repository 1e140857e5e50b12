import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { filesIn } from '#dist/capture/blind.js'

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
    const { missing, shadowed, socket, ...others } = JSON.parse(stdout) as Record<string, unknown>
    assert.deepEqual(others, {
      absence: 'permission',
      plain: 2,
      global: 1,
      importedAsGlobal: 'later',
      given: 24,
      imported: '.ts',
      instance: 6,
    })
    assert.match(
      String(missing),
      /its variable `factor` cannot be seen here, because .*permission.*captures: \{ factor \}/,
    )
    assert.match(String(shadowed), /its variable `Math` cannot be seen here/)
    assert.match(String(socket), /stop cannot be sent to another process/)
  })

  it('the file that calls is found in stacks of every system', () => {
    const frames = [
      ['    at run (file:///home/ada/a.ts:3:14)', 'file:///home/ada/a.ts'],
      ['    at async file:///C:/work/b.mjs:10:2', 'file:///C:/work/b.mjs'],
      ['    at Object.<anonymous> (/home/ada/c.cjs:1:1)', '/home/ada/c.cjs'],
      ['    at Object.<anonymous> (C:\\work\\d.cjs:1:1)', 'C:\\work\\d.cjs'],
      ['    at node:internal/main:1:1', undefined],
    ] as const
    const stack = frames.map(([line]) => line).join('\n')
    assert.deepEqual(
      filesIn(stack),
      frames.flatMap(([, file]) => file ?? []),
    )
  })
})
