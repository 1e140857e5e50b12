import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, describe, it } from 'node:test'
import { Pool, Process } from 'manycore'

const target = (): void => {}
const unknown = { noSuchOption: 1 } as never

describe('the tables of options in docs/', () => {
  const pool = new Pool({ backend: 'inline', processes: 1 })
  after(() => pool.terminate())

  const tables: [page: string, section: string, uses: (() => unknown)[]][] = [
    ['process', 'Options', [() => new Process({ target, ...(unknown as object) })]],
    ['pool', 'Options', [() => new Pool(unknown)]],
    [
      'pool',
      'Calls',
      [
        () => pool.apply(target, [], unknown),
        () => pool.map(target, [], unknown),
        () => pool.imap(target, [], unknown),
      ],
    ],
  ]
  for (const [page, section, uses] of tables) {
    it(`docs/${page}.md, ${section}: has a row for each option that is taken, and for no other`, () => {
      const taken = new Set(uses.flatMap(optionsTaken))
      assert.deepEqual([...new Set(optionsIn(page, section))].sort(), [...taken].sort())
    })
  }
})

/** As the error for an unknown option lists them. */
function optionsTaken(use: () => unknown): string[] {
  try {
    use()
  } catch (error) {
    return /it takes (.*)\.$/.exec((error as Error).message)?.[1]?.split(', ') ?? []
  }
  return assert.fail('an unknown option was taken')
}

/** The names in the first column of the section's last table. */
function optionsIn(page: string, section: string): string[] {
  const text = readFileSync(new URL(`../../docs/${page}.md`, import.meta.url), 'utf8')
  const [, part = ''] = text.split(`\n## ${section}\n`)
  const [own = ''] = part.split('\n## ')
  const table = own.split(/\n\| option \|[^\n]*\n\|[-|]+\n/).at(-1) ?? ''
  const rows = table.split('\n').filter((line) => line.startsWith('| `'))
  return rows.flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`(\w+)`/g)].map(([, name]) => name as string))
}
