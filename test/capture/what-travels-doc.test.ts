import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { kindsTable } from './support/travel-tables.ts'
import { root, ways } from './support/ways.ts'

/** When these fail, `npm run matrix` and then `npm run travels` write the tables again. */
describe('docs/what-travels.md', () => {
  const page = readFileSync(join(root, 'docs/what-travels.md'), 'utf8')

  it('lists every case of the table', () => assert.ok(page.includes(kindsTable())))

  it('tells of every way of running, and of none that fails', () => {
    const [, table = ''] = page.split(/<!-- (?:ways: written by npm run travels|end of ways) -->/)
    const rows = table
      .trim()
      .split('\n')
      .slice(2)
      .map((line) => line.split(' | ')[0]?.slice(2))
    assert.deepEqual(
      rows,
      ways.map(({ title }) => title),
    )
    assert.doesNotMatch(table, /fails|\d+ of \d+/)
  })
})
