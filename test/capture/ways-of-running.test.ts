import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { execute } from './support/execute.ts'
import { root, roundTrip, type Way, ways } from './support/ways.ts'

const isLong = process.env['MANYCORE_WAYS'] === 'all'

/** The table of what travels, in the ways in which TypeScript is run. Each is a process of its own, with its own child. */
describe('the same cases pass', { concurrency: 2 }, () => {
  const outcomes: Record<string, string> = {}
  for (const way of isLong ? ways : ways.filter(({ isShort }) => isShort)) {
    it(way.title, async (test) => {
      const absence = way.absent?.()
      if (absence !== undefined) return test.skip((outcomes[way.title] = absence))
      outcomes[way.title] = 'failed'
      outcomes[way.title] = await passed(way)
    })
  }
  // For scripts/write-what-travels.mjs.
  after(() => {
    if (!isLong) return
    const folder = join(root, '.cache/what-travels')
    mkdirSync(folder, { recursive: true })
    const file = join(folder, `${process.version}.json`)
    // A run of some ways keeps what is known of the others.
    const before = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as object) : {}
    writeFileSync(file, `${JSON.stringify({ ...before, ...outcomes }, undefined, 2)}\n`)
  })
})

describe('code that is no file', () => {
  const body = `
    const base = 40; const add = (x) => x + base
    const main = async (open) => {
      const peer = open()
      console.log(await peer.call((x) => add(x), 2))
      await peer.close()
    }`
  const asModule = `import { openRoundTrip } from ${JSON.stringify(roundTrip)};${body}\nmain(openRoundTrip)`
  const asScript = `${body}\nmain(require(${JSON.stringify(roundTrip)}).openRoundTrip)`
  const run = (args: string[], input = ''): Promise<string> => execute(process.execPath, args, { cwd: root, input })

  it('travels from node -e', async () => assert.equal(await run(['-e', asScript]), '42\n'))
  it('travels from node -e as a module', async () =>
    assert.equal(await run(['--input-type=module', '-e', asModule]), '42\n'))
  it('travels from standard input', async () => assert.equal(await run(['-'], asScript), '42\n'))
  it('travels from the REPL', async () => {
    const input = `${asScript}.then(() => process.exit())\n`
    assert.match(await execute(process.execPath, ['-i'], { cwd: root, input, endsItself: true }), /\b42\n/)
  })
})

async function passed({ run, without = [] }: Way): Promise<string> {
  const text = await run(without.join(','))
  const [, good, all] = /(\d+) of (\d+) cases pass/.exec(text) ?? []
  assert.ok(good !== undefined && good === all, text)
  return `${good} of ${all}`
}
