import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ABILITIES, type Lacks } from './support/on-backends.js'

const root = new URL('../../', import.meta.url)

describe('what a backend cannot show', () => {
  it('stands in docs/backends.md as the suites skip it, word by word', () => {
    const text = readFileSync(new URL('docs/backends.md', root), 'utf8')
    const section = text.split('## What the tests cannot show on each backend')[1]?.split('\n## ')[0] ?? ''
    const rows = section
      .split('\n')
      .filter((line) => line.startsWith('| '))
      .slice(1)
    const expected = (Object.values(ABILITIES) as Lacks[]).map(
      ({ what, thread, inline }) => `| ${what} | yes | ${said(thread)} | ${said(inline)} |`,
    )
    assert.deepEqual(rows, expected)
  })

  it('is asked for by a test, each part of it', () => {
    const folder = fileURLToPath(new URL('test/', root))
    const sources = readdirSync(folder, { recursive: true })
      .filter((name) => String(name).endsWith('.test.ts'))
      .map((name) => readFileSync(folder + String(name), 'utf8'))
    for (const ability of Object.keys(ABILITIES)) {
      const asked = new RegExp(`(needs|has)\\([^)]*'${ability}'`)
      assert.ok(
        sources.some((source) => asked.test(source)),
        `nothing needs ${ability}`,
      )
    }
  })
})

function said(why: string | undefined): string {
  return why === undefined ? 'yes' : `no: ${why}`
}
