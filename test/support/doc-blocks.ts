import { execFile } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, sep } from 'node:path'

/** A block of TypeScript in a page. */
export interface DocBlock {
  /** Path of the page below the project, with forward slashes. */
  readonly page: string
  /** Line of the page in which the code begins. */
  readonly line: number
  readonly code: string
  /** False for blocks marked `no-run`, which are only compiled. */
  readonly runs: boolean
  /** What the block prints, when a text block says so. */
  readonly output: string | undefined
}

const FENCE = /^```(\w*)(.*)\n([\s\S]*?)^```[ \t]*\n?/gm

export function readPages(root: string): string[] {
  const docs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .map((name) => `docs/${name.split(sep).join('/')}`)
    .sort()
  const top = readdirSync(root).sort()
  return [...top, ...docs].filter((name) => name.endsWith('.md'))
}

export function findBlocks(page: string, markdown: string): DocBlock[] {
  const fences = [...markdown.matchAll(FENCE)]
  return fences.flatMap(([whole, language, info = '', code = ''], index) => {
    if (language !== 'ts') return []
    const start = fences[index]?.index ?? 0
    const next = fences[index + 1]
    const between = next === undefined ? '' : markdown.slice(start + whole.length, next.index)
    const printed = next?.[1] === 'text' && /^\s*(Output:)?\s*$/.test(between)
    return [
      {
        page,
        line: markdown.slice(0, start).split('\n').length + 1,
        code,
        runs: !info.includes('no-run'),
        output: printed ? next[3] : undefined,
      },
    ]
  })
}

/**
 * Compiles the blocks in `folder`, which must lie within the project so that 'manycore' leads to it, and gives the
 * compiler's complaints with page and line in place of the file's.
 */
export async function compileBlocks(root: string, folder: string, blocks: readonly DocBlock[]): Promise<string[]> {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const pages = new Map<string, DocBlock>()
  for (const block of blocks) {
    pages.set(nameOf(block), block)
    // Blank lines in front, so that the compiler and stack traces count as the page does.
    writeFileSync(join(folder, `${nameOf(block)}.ts`), '\n'.repeat(block.line - 1) + block.code)
  }
  const compilerOptions = { rootDir: '.', outDir: 'out', noEmitOnError: false, moduleDetection: 'force' }
  const config = { extends: join(root, 'tsconfig.base.json'), compilerOptions, include: ['*.ts'] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const { output } = await runNode([join(root, 'node_modules/typescript/bin/tsc'), '-p', folder, '--pretty', 'false'])
  return output
    .split('\n')
    .filter((line) => line.includes('error TS'))
    .map((line) => {
      const [, name = '', at = '', text = ''] = /([^/\\]+)\.ts\((\d+),\d+\): (.*)$/.exec(line) ?? []
      return pages.has(name) ? `${pages.get(name)?.page}:${at}: ${text}` : line
    })
}

/** Runs a compiled block; nothing when it ended with 0 and printed what the page says, else what was wrong. */
export async function runBlock(folder: string, block: DocBlock): Promise<string | undefined> {
  const { code, output, errors } = await runNode(['--enable-source-maps', join(folder, 'out', `${nameOf(block)}.js`)])
  if (code !== 0) return `ended with ${code}:\n${output}${errors}`
  if (block.output !== undefined && !matches(output, block.output)) {
    return `printed\n${output}\nwhere the page says\n${block.output}`
  }
  return undefined
}

/** Equal up to white space at line ends; `…` in the wanted text stands for anything, also for several lines. */
function matches(printed: string, wanted: string): boolean {
  const tidy = (text: string): string => text.replace(/[ \t]+$/gm, '').trim()
  const pattern = tidy(wanted)
    .split('…')
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('[\\s\\S]*')
  return new RegExp(`^${pattern}$`).test(tidy(printed))
}

function nameOf({ page, line }: DocBlock): string {
  return `${page.replace(/\.md$/, '').replaceAll(/\W/g, '-')}-${line}`
}

function runNode(args: readonly string[]): Promise<{ code: number | string; output: string; errors: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, args, { timeout: 60_000, killSignal: 'SIGKILL' }, (error, output, errors) => {
      resolve({ code: error === null ? 0 : (error.signal ?? error.code ?? 1), output, errors })
    })
  })
}
