import { kinds } from '../cases/all.ts'
import { ways } from './ways.ts'

export interface Outcomes {
  readonly version: string
  /** By the title of the way: `121 of 121`, or why there is nothing. */
  readonly outcomes: Readonly<Record<string, string>>
}

/** The page with the tables between its markers. */
export function withTables(page: string, tables: Readonly<Record<string, string>>): string {
  for (const [name, table] of Object.entries(tables)) {
    const [start, end] = [`<!-- ${name}: written by npm run travels -->`, `<!-- end of ${name} -->`]
    const [before, rest] = page.split(start)
    const after = rest?.split(end)[1]
    if (before === undefined || after === undefined) throw new Error(`The page has no place for the table of ${name}.`)
    page = `${before}${start}\n\n${table}\n${end}${after}`
  }
  return page
}

/** Ways of running × versions of Node. */
export function waysTable(versions: readonly Outcomes[]): string {
  const names = versions.map(({ version }) => `Node ${version.split('.')[0]}`)
  const rows = ways.map(({ title, without }) => {
    const cells = versions.map(({ outcomes }) => cellOf(outcomes[title]))
    return row([title, ...cells, (without ?? []).map((one) => LOST[one]).join('; ')])
  })
  return [
    row(['way of running', ...names, 'what it does not keep']),
    row(['---', ...names.map(() => '---'), '---']),
    ...rows,
  ]
    .join('\n')
    .concat('\n')
}

/** Kinds of things × what happens to them. */
export function kindsTable(): string {
  const rows = Object.entries(kinds).flatMap(([kind, cases]) =>
    cases.map(({ name }, i) => {
      const isRefused = name.startsWith('refused: ')
      const what = name.replace(/^refused: /, '')
      return row([i === 0 ? kind : '', what, isRefused ? 'refused at the call' : outcomeOf(kind)])
    }),
  )
  return [row(['kind', 'what', 'what happens']), row(['---', '---', '---']), ...rows].join('\n').concat('\n')
}

const LOST = {
  names: 'names in texts',
  files: 'paths and lines of the files',
  modules: 'modules, with a state of their own',
  pause: 'the `this` of arrows outside of their object',
  import: '`import()` of TypeScript files on Node 20',
  syntax: 'syntax that is compiled down',
  origin: 'the `this` of rebuilt arrows',
  builtins: 'whole builtin modules',
} as const

function outcomeOf(kind: string): string {
  return kind === 'Limits' ? 'as it says' : 'travels'
}

// How many pass is the same everywhere, but for what a way does not keep.
function cellOf(outcome: string | undefined): string {
  if (outcome === undefined) return '–'
  const [, good, all] = /^(\d+) of (\d+)$/.exec(outcome) ?? []
  if (good === undefined) return outcome.startsWith('Node ') ? 'cannot' : outcome === 'failed' ? 'fails' : '–'
  return good === all ? `all ${good}` : outcome
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}
