import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))

describe('docs/conformance.md', () => {
  const table = readTable(readFileSync(join(root, 'docs/conformance.md'), 'utf8'))
  const titles = casesInTitles()

  it('has one row for each case', () => {
    assert.ok(table.length > 150, 'found the rows')
    const numbers = table.map(({ number }) => number)
    assert.deepEqual(
      numbers.filter((number, at) => numbers.indexOf(number) !== at),
      [],
    )
  })

  it('says shown of exactly the cases that have a test', () => {
    const shown = table.filter(({ state }) => state === 'shown').map(({ number }) => number)
    const lacking = shown.filter((number) => !titles.has(number))
    assert.deepEqual(lacking, [], 'cases that are said to be shown without a test of that number')
    const untold = [...titles].filter((number) => !shown.includes(number))
    assert.deepEqual(untold, [], 'cases with a test that the tables do not call shown')
  })

  it('knows no third state', () => {
    assert.deepEqual([...new Set(table.map(({ state }) => state))].sort(), ['not yet', 'shown'])
  })
})

/** The rows `| 56–57, 59 | what | state |`, one for each number. */
function readTable(markdown: string): { number: number; state: string }[] {
  const rows = markdown.matchAll(/^\| ([\d–, ]+) \| [^|]+ \| ([a-z ]+) \|$/gm)
  return [...rows].flatMap(([, list = '', state = '']) =>
    list.split(', ').flatMap((part) => {
      const [first = 0, last = first] = part.split('–').map(Number)
      return Array.from({ length: last - first + 1 }, (_, step) => ({ number: first + step, state }))
    }),
  )
}

// A title may stand in a table of cases, or on the line after `it(`; nothing else in a test is written as `'#035 `.
function casesInTitles(): Set<number> {
  const files = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
  const texts = files
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join(root, 'test', file), 'utf8'))
  const leads = texts.flatMap((text) => text.match(/['"`](?:#\d{3} )+/g) ?? [])
  return new Set(leads.flatMap((lead) => (lead.match(/\d{3}/g) ?? []).map(Number)))
}
