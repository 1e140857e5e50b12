import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import { transformSync } from 'esbuild'
import { look } from '#dist/capture/inspector.js'
import { scriptOf } from '#dist/capture/scripts.js'
import { byFileName, type CodeRange, mapStack, rangeOfText, type SentCode } from '#dist/capture/stacks.js'

const folder = mkdtempSync(join(tmpdir(), 'manycore-stacks-'))
mkdirSync(join(folder, 'src'))
mkdirSync(join(folder, 'out'))
after(() => rmSync(folder, { recursive: true }))

const SOURCE = `interface Row { n: number }

export function charge(row: Row): number {
  if (row.n > 4) {
    throw new RangeError('too big')
  }
  return row.n
}
`

const LINES_1_TO_3: CodeRange = rangeOfText('a\nb\nc', { line: 0, column: -30 })

interface Built {
  readonly file: string
  readonly url: string
  readonly source: string
  readonly charge: (row: { n: number }) => number
  readonly code: SentCode
}

/** The source compiled to few lines, with its map inline or beside it, and loaded here. */
async function build(name: string, kind: 'inline' | 'external', sourceRoot?: string): Promise<Built> {
  const source = join(folder, 'src', `${name}.ts`)
  const file = join(folder, 'out', `${name}.mjs`)
  const { code, map } = transformSync(SOURCE, {
    loader: 'ts',
    minify: true,
    sourcemap: true,
    sourcefile: sourceRoot ? `${name}.ts` : `../src/${name}.ts`,
    ...(sourceRoot && { sourceRoot }),
  })
  const inline = `data:application/json;base64,${Buffer.from(map).toString('base64')}`
  writeFileSync(source, SOURCE)
  writeFileSync(`${file}.map`, map)
  writeFileSync(file, `${code}//# sourceMappingURL=${kind === 'inline' ? inline : `${encodeURI(name)}.mjs.map`}\n`)
  const { charge } = (await import(pathToFileURL(file).href)) as { charge: Built['charge'] }
  const record = scriptOf(look(charge))
  assert.ok(record)
  return {
    file,
    url: record.url,
    source,
    charge,
    code: { url: record.url, scriptId: record.scriptId, ranges: [LINES_1_TO_3] },
  }
}

function stackOf({ charge }: Pick<Built, 'charge'>): string {
  try {
    charge({ n: 5 })
  } catch (error) {
    return (error as Error).stack ?? ''
  }
  throw new Error('did not throw')
}

describe('the stack of a captured function', () => {
  for (const kind of ['inline', 'external'] as const) {
    it(`stands in the sources, through ${kind} maps`, async () => {
      const built = await build(`sent-${kind}`, kind)
      const raw = stackOf(built)
      assert.match(raw, new RegExp(`${built.url}:1:`))
      const mapped = mapStack(raw, byFileName([built.code]))
      assert.ok(mapped.includes(`${pathToFileURL(built.source).href}:5:11`), mapped)
      assert.ok(mapped.startsWith('RangeError: too big\n'))
    })
  }

  it('honours the source root of the map', async () => {
    const built = await build('rooted', 'external', '../src/')
    assert.ok(mapStack(stackOf(built), byFileName([built.code])).includes(`${pathToFileURL(built.source).href}:5:11`))
  })

  it('keeps the way in which its file was named', async () => {
    const built = await build('by-path', 'external')
    const raw = stackOf(built).replaceAll(built.url, built.file)
    assert.ok(mapStack(raw, byFileName([built.code])).includes(`${built.source}:5:11`))
  })

  it('is rewritten in every kind of frame, but not in the message', async () => {
    const built = await build('with space', 'external')
    const at = `${built.file}:1:${(/:1:(\d+)/.exec(stackOf(built)) as RegExpExecArray)[1]}`
    const stack = [
      `Error: see ${at}`,
      `    at f (${at})`,
      `    at async ${at}`,
      `    at new A.<anonymous> (${at})`,
      `    at async Promise.all (index 0)`,
    ].join('\n')
    const mapped = `${built.source}:5:11`
    const wanted = [
      `Error: see ${at}`,
      `    at f (${mapped})`,
      `    at async ${mapped}`,
      `    at new A.<anonymous> (${mapped})`,
      `    at async Promise.all (index 0)`,
    ].join('\n')
    assert.equal(mapStack(stack, byFileName([built.code])), wanted)
  })

  it('is told from a frame that a loader has rewritten already, by its place', async () => {
    // As tsx does: the map leads from the file as compiled to the file as written, under one name.
    const file = join(folder, 'out', 'loaded.mjs')
    const { code, map } = transformSync(SOURCE, {
      loader: 'ts',
      minify: true,
      sourcemap: true,
      sourcefile: 'loaded.mjs',
    })
    writeFileSync(
      file,
      `${code}//# sourceMappingURL=data:application/json;base64,${Buffer.from(map).toString('base64')}\n`,
    )
    const { charge } = (await import(pathToFileURL(file).href)) as Pick<Built, 'charge'>
    const record = scriptOf(look(charge))
    assert.ok(record)
    const sent = [{ ...record, ranges: [rangeOfText(code.trimEnd(), { line: 0, column: 0 })] }]
    const column = (/:1:(\d+)/.exec(stackOf({ charge })) as RegExpExecArray)[1]
    const frames = (place: string): string => `Error: x\n    at charge (${record.url}:${place})`
    assert.equal(mapStack(frames(`1:${column}`), byFileName(sent)), frames('5:11'))
    assert.equal(mapStack(frames('5:11'), byFileName(sent)), frames('5:11'))
  })

  it('is told by a range that goes from the first line and column to the last', () => {
    assert.deepEqual(rangeOfText('abc', { line: 4, column: 10 }), {
      start: { line: 4, column: 10 },
      end: { line: 4, column: 13 },
    })
    assert.deepEqual(rangeOfText('abc\nd', { line: 4, column: -5 }), {
      start: { line: 4, column: 0 },
      end: { line: 5, column: 1 },
    })
  })
})

describe('the stack of a module of the worker', () => {
  it('stands in the sources, when its file names a map', async () => {
    const built = await build('module', 'external')
    assert.ok(mapStack(stackOf(built), byFileName([])).includes(`${pathToFileURL(built.source).href}:5:11`))
  })

  it('is not rewritten twice', async () => {
    const built = await build('twice', 'external')
    const once = mapStack(stackOf(built), byFileName([]))
    assert.equal(mapStack(once, byFileName([])), once)
  })

  it('is left alone when the map leads back to its own file, as with tsx', () => {
    const file = join(folder, 'out', 'self.mjs')
    const { code, map } = transformSync(SOURCE, { loader: 'ts', sourcemap: true, sourcefile: 'self.mjs' })
    writeFileSync(
      file,
      `${code}//# sourceMappingURL=data:application/json;base64,${Buffer.from(map).toString('base64')}\n`,
    )
    const stack = `Error: x\n    at charge (${file}:3:11)`
    assert.equal(mapStack(stack, byFileName([])), stack)
  })

  it('is left alone when file or map are missing or broken', () => {
    const file = join(folder, 'out', 'broken.mjs')
    writeFileSync(file, '1\n//# sourceMappingURL=broken.mjs.map\n')
    writeFileSync(`${file}.map`, 'no JSON')
    const gone = join(folder, 'out', 'gone.mjs')
    writeFileSync(gone, '1\n//# sourceMappingURL=nowhere.map\n')
    const stack = [
      'Error: x',
      `at a (${file}:1:1)`,
      `at b (${gone}:1:1)`,
      `at c (${folder}/none.mjs:1:1)`,
      'at node:fs:1:1',
      'at <anonymous>',
    ].join('\n    ')
    assert.equal(mapStack(stack, byFileName([])), stack)
  })
})
