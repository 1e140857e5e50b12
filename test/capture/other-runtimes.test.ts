import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { describe, it } from 'node:test'
import { execute } from './support/execute.ts'
import { root } from './support/ways.ts'

/** Bun and Deno as npm run matrix installs them into .cache/runtimes, or as the PATH has them. */
const permission = Number(process.versions.node.split('.')[0]) < 23 ? '--experimental-permission' : '--permission'
const allowed = ['--allow-fs-read=*', '--allow-fs-write=*', '--allow-child-process', '--allow-worker', '--no-warnings']

const runtimes = [
  { name: `Node with ${permission}`, files: [process.execPath], args: [permission, ...allowed] },
  { name: 'Bun', files: ['bun/bin/bun.exe', 'bun'], args: [] },
  { name: 'Deno', files: ['@deno/linux-x64-glibc/deno', 'deno'], args: ['run', '-A'] },
]

const fixture = join(root, '.build/test/fixtures/other-runtimes.js')

for (const { name, files, args } of runtimes) {
  const file = find(files)
  describe(`what holds on ${name}`, { concurrency: 2 }, () => {
    for (const backend of ['process', 'thread', 'inline']) {
      it(`holds with backend: '${backend}'`, async (test) => {
        if (file === undefined)
          return test.skip(`${name} is neither in .cache/runtimes nor in the PATH; npm run matrix puts it there`)
        const text = await execute(file, [...args, fixture, backend], { cwd: root, env: { NO_COLOR: '1' } })
        assert.doesNotMatch(text, /FAILS/)
        assert.match(text, /\nall held\n$/)
      })
    }
  })
}

function find(files: readonly string[]): string | undefined {
  if (files[0] === process.execPath) return process.execPath
  const folders = [join(root, '.cache/runtimes/node_modules'), ...(process.env['PATH'] ?? '').split(delimiter)]
  return folders.flatMap((folder) => files.map((file) => join(folder, file))).find((file) => existsSync(file))
}
