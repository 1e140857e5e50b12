import assert from 'node:assert/strict'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { compileBlocks, findBlocks, readPages, runBlock } from './support/doc-blocks.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const pages = readPages(root)
const blocks = pages.flatMap((page) => findBlocks(page, readFileSync(join(root, page), 'utf8')))

// Two of them side by side, as some wait.
describe('the code in the pages', { concurrency: 2 }, () => {
  const folder = join(root, '.build/docs')
  let complaints: string[] = []
  before(async () => {
    complaints = await compileBlocks(root, folder, blocks)
  })

  it('is there', () => {
    assert.ok(blocks.length > 0)
  })

  it('compiles', () => {
    assert.deepEqual(complaints, [])
  })

  for (const block of blocks.filter(({ runs }) => runs)) {
    const printing = block.output === undefined ? '' : ' and prints what the page says'
    it(`${block.page}:${block.line} runs${printing}`, async () => {
      assert.equal(await runBlock(folder, block), undefined)
    })
  }
})

describe('the links in the pages', () => {
  for (const page of pages) {
    it(`${page} links to files that are there`, () => {
      const text = readFileSync(join(root, page), 'utf8').replace(/^```[\s\S]*?^```/gm, '')
      const targets = [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map(([, target = '']) => target)
      const missing = targets.filter(
        (target) => !/^[a-z]+:/.test(target) && !existsSync(join(root, dirname(page), target)),
      )
      assert.deepEqual(missing, [])
    })

    it(`${page} links to headings that are there`, () => {
      const text = readFileSync(join(root, page), 'utf8').replace(/^```[\s\S]*?^```/gm, '')
      const targets = [...text.matchAll(/\]\(([^)#\s:]*)#([^)\s]+)\)/g)]
      const missing = targets.filter(([, file = '', heading = '']) => {
        const path = file === '' ? join(root, page) : join(root, dirname(page), file)
        return path.endsWith('.md') && !headingsIn(readFileSync(path, 'utf8')).includes(heading)
      })
      assert.deepEqual(missing, [])
    })
  }
})

// As GitHub names them.
function headingsIn(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\-_ ]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  )
}

describe('the tables of contents', () => {
  for (const folder of ['docs', 'docs/decisions']) {
    it(`${folder}/README.md leads to each page beside it`, () => {
      const text = readFileSync(join(root, folder, 'README.md'), 'utf8')
      const names = readdirSync(join(root, folder)).filter((name) => name.endsWith('.md') && name !== 'README.md')
      const missing = names.filter((name) => !text.includes(`](${name})`))
      assert.deepEqual(missing, [])
    })
  }
})

describe('the checker of the pages', () => {
  const page = [
    '```ts',
    "console.log('one'.length)",
    '```',
    '',
    'Output:',
    '',
    '```text',
    '4',
    '```',
    '```ts no-run',
    "const wrong: number = 'text'",
    '```',
    '```ts',
    "throw new Error('on purpose')",
    '```',
    'and so on',
    '```text',
    'belongs to nothing',
    '```',
    '```ts',
    'console.log(`a ${process.pid} b`)',
    '```',
    '```text',
    'a … b',
    '```',
    '',
  ].join('\n')
  const folder = join(root, '.build/docs-checker')
  const found = findBlocks('some/page.md', page)

  it('finds blocks, marks and outputs', () => {
    assert.deepEqual(
      found.map(({ line, runs, output }) => ({ line, runs, output })),
      [
        { line: 2, runs: true, output: '4\n' },
        { line: 11, runs: false, output: undefined },
        { line: 14, runs: true, output: undefined },
        { line: 21, runs: true, output: 'a … b\n' },
      ],
    )
  })

  it('finds type errors, wrong output and failing programs', async () => {
    const complaints = await compileBlocks(root, folder, found)
    assert.equal(complaints.length, 1)
    assert.match(String(complaints[0]), /^some\/page\.md:11: error TS2322/)
    const [wrong, , failing, right] = await Promise.all(found.map((block) => runBlock(folder, block)))
    assert.match(String(wrong), /printed\n3\n\nwhere the page says\n4/)
    assert.match(String(failing), /ended with 1:[\s\S]*on purpose/)
    assert.equal(right, undefined)
  })
})
