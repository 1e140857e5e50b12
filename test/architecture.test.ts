import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, sep } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { fileViolations, findAny, findViolations, importsOf, readLaw, readSources } from './support/architecture.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const law = readLaw(readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8'))

describe('the architecture', () => {
  it('is what the table of ARCHITECTURE.md says', () => {
    assert.deepEqual(findViolations(readSources(join(root, 'src')), law), [])
  })

  it('holds in the declarations that users compile against: no any', () => {
    assert.deepEqual(findAny(join(root, 'dist/index.d.ts')), [])
  })

  for (const folder of ['test', 'scripts', 'examples', 'bench']) {
    const skip = existsSync(join(root, folder)) ? false : `there is no ${folder}/`
    it(`keeps the files of ${folder}/ short and named after what is in them`, { skip }, () => {
      const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => /\.[cm]?[jt]s$/.test(name))
        .map((name) => `${folder}/${name.split(sep).join('/')}`)
        .filter((name) => !name.startsWith('test/fixtures/') && !name.includes('/node_modules/'))
      const found = files.flatMap((file) => fileViolations(file, readFileSync(join(root, file), 'utf8')))
      assert.deepEqual(found, [])
    })
  }
})

describe('the checker of the architecture', () => {
  const table = [
    '| floor | room | what it has to do | builtin modules only here |',
    '|---|---|---|---|',
    '| 0 | `base` | errors | |',
    '| 1 | `capture` | functions | `inspector` `vm` |',
    '| 1 | `codec` | values | |',
    '| 2 | `channel` | messages | `worker_threads` (`port.ts`) |',
    '| 3 | `worker` | its side | |',
    '| 9 | `index.ts` | the surface | |',
    '',
    '`worker` may import `base` and `channel` only, and loads the rest later.',
  ].join('\n')
  const good = {
    'base/errors.ts': 'export const errors = 1\n',
    'capture/graph.ts': "import { errors } from '../base/errors.ts'\nexport const graph = errors\n",
    'codec/payload.ts': 'export const payload = 1\n',
    'channel/port.ts': "import { Worker } from 'node:worker_threads'\nexport const port = Worker\n",
    'worker/loop.ts': "import { port } from '../channel/port.ts'\nexport const loop = port\n",
    'index.ts': "export { loop } from './worker/loop.ts'\n",
  }

  it('reads floors, builtin modules and restrictions', () => {
    const read = readLaw(table)
    assert.equal(read.floors.get('channel'), 2)
    assert.deepEqual(read.builtins.get('inspector'), ['capture'])
    assert.deepEqual(read.builtins.get('worker_threads'), ['channel/port.ts'])
    assert.deepEqual(read.onlyFrom.get('worker'), ['base', 'channel'])
    assert.ok(law.floors.size >= 8, 'and finds them in the real file')
    assert.ok(law.builtins.size >= 4)
    assert.ok(law.onlyFrom.has('worker'))
  })

  it('is content with a good sample', () => {
    assert.deepEqual(violations({}), [])
  })

  const bad: [title: string, files: Record<string, string>, message: RegExp][] = [
    [
      'an import of a higher floor',
      { 'base/errors.ts': "import { graph } from '../capture/graph.ts'\n" },
      /lower floors/,
    ],
    ['a sideways import', { 'codec/payload.ts': "import type { graph } from '../capture/graph.ts'\n" }, /lower floors/],
    ['a sideways re-export', { 'codec/payload.ts': "export * from '../capture/graph.ts'\n" }, /lower floors/],
    ['a dynamic import upwards', { 'base/errors.ts': "await import('../codec/payload.ts')\n" }, /lower floors/],
    ['a builtin of another room', { 'codec/payload.ts': "import vm from 'node:vm'\n" }, /keeps to capture/],
    ['a builtin had from the process', { 'base/errors.ts': "process.getBuiltinModule('inspector')\n" }, /keeps to cap/],
    ['a builtin imported later', { 'base/errors.ts': "await import('node:inspector/promises')\n" }, /keeps to cap/],
    ['an upward import from CommonJS', { 'base/entry.cts': "require('../codec/payload.js')\n" }, /lower floors/],
    [
      'a builtin of another file',
      { 'channel/pipe.ts': "import 'node:worker_threads'\n" },
      /keeps to channel\/port\.ts/,
    ],
    [
      'an import that the room is denied',
      { 'worker/loop.ts': "import '../capture/graph.ts'\n" },
      /worker may import base/,
    ],
    ['a room without a row', { 'extra/thing.ts': 'export const thing = 1\n' }, /src\/extra has no row/],
    ['an import of nothing', { 'base/errors.ts': "import './missing.ts'\n" }, /no source file/],
    ['a default export', { 'base/errors.ts': 'export default 1\n' }, /default export/],
    ['a default export by name', { 'base/errors.ts': 'const a = 1\nexport { a as default }\n' }, /default export/],
    ['a name that says nothing', { 'base/utils.ts': 'export const a = 1\n' }, /'utils' says nothing/],
    ['a file that is too long', { 'base/errors.ts': 'const a = 1\n'.repeat(351) }, /351 lines/],
    [
      'a cycle within a room',
      { 'base/a.ts': "import './b.ts'\n", 'base/b.ts': "import {\n  a,\n} from './a.ts'\n" },
      /import cycle: base\/a\.ts → base\/b\.ts → base\/a\.ts/,
    ],
  ]
  for (const [title, files, message] of bad) {
    it(`finds ${title}`, () => {
      const found = violations(files)
      assert.ok(
        found.some((text) => message.test(text)),
        found.join('\n'),
      )
    })
  }

  it('lets types of builtin modules be named anywhere', () => {
    const text = "import type { Socket } from 'node:inspector'\nlet a: typeof import('node:vm')\n"
    assert.deepEqual(violations({ 'base/errors.ts': text }), [])
  })

  it('finds a row without a room', () => {
    const { 'codec/payload.ts': _, ...rest } = good
    assert.match(String(findViolations(new Map(Object.entries(rest)), readLaw(table))), /row for codec/)
  })

  it('does not take examples in comments for imports', () => {
    const text =
      "/**\n * import { Pool } from 'manycore'\n * import('x')\n */\n// require('y')\nimport a from './z.ts'\n"
    assert.deepEqual(importsOf(text), ['./z.ts'])
  })

  it('finds any in declarations, also in those that are re-exported', (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'declarations-'))
    t.after(() => rmSync(folder, { recursive: true }))
    writeFileSync(
      join(folder, 'index.d.ts'),
      "export { a } from './a.js'\n/** takes any */\nexport declare const b: 1\n",
    )
    writeFileSync(join(folder, 'a.d.ts'), 'export declare const a: any\n')
    assert.deepEqual(findAny(join(folder, 'index.d.ts')), ['a.d.ts:1: export declare const a: any'])
  })

  function violations(changed: Record<string, string>): string[] {
    return findViolations(new Map(Object.entries({ ...good, ...changed })), readLaw(table))
  }
})
