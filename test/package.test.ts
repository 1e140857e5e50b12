import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Consumer } from './support/consumer.ts'
import { heartPrograms } from './support/heart-programs.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const sourceOf = (name: string): string => readFileSync(join(root, 'examples', `${name}.ts`), 'utf8')
const compiledOf = (name: string): string => readFileSync(join(root, '.build/examples', `${name}.js`), 'utf8')

describe('the package, installed from its tarball into an empty folder', () => {
  let consumer: Consumer
  before(async () => {
    consumer = await Consumer.create()
  })
  after(() => consumer.remove())

  it('holds the library, its sources and its pages, and nothing else', () => {
    const strange = consumer.packed.filter((path) => !/^(dist\/|src\/|package\.json$|[A-Z]+(\.md)?$)/.test(path))
    assert.deepEqual(strange, [])
    for (const needed of ['dist/index.js', 'dist/index.d.ts', 'LICENSE', 'CHANGELOG.md', 'README.md']) {
      assert.ok(consumer.packed.includes(needed), `${needed} is packed`)
    }
  })

  it('has source maps that lead to packed sources', () => {
    const maps = consumer.packed.filter((path) => path.endsWith('.map'))
    assert.ok(maps.length > 0)
    for (const map of maps) {
      const text = readFileSync(join(consumer.folder, 'node_modules/manycore', map), 'utf8')
      for (const source of (JSON.parse(text) as { sources: string[] }).sources) {
        // A module that was made up while others were joined (scripts/bundle-worker.mjs, scripts/join-modules.mjs).
        if (/^(late|door):|<stdin>$/.test(source)) continue
        const path = posix.join(dirname(map), source)
        assert.ok(consumer.packed.includes(path), `${map} names ${path}`)
      }
    }
  })

  it('runs no script of its own when it is installed', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object }
    const run = Object.keys(scripts).filter((name) => /^(pre|post)?(install|prepare)$/.test(name))
    assert.deepEqual(run, [])
  })

  const native = findNativeNode()
  for (const { name, check } of heartPrograms) {
    it(`${name} runs as compiled ESM`, async () => {
      consumer.write(`esm/${name}.js`, compiledOf(name))
      await runs([`esm/${name}.js`])
    })

    it(`${name} runs as CommonJS`, async () => {
      const text = withoutTopLevelAwait(compiledOf(name))
      consumer.write(
        `cjs/${name}.cjs`,
        text.replace(/^import (\{[^}]*\}) from '(.*)';?$/gm, "const $1 = require('$2')"),
      )
      await runs([`cjs/${name}.cjs`])
    })

    it(`${name} runs through tsx`, async () => {
      consumer.write(`tsx/${name}.ts`, sourceOf(name))
      await runs([join(root, 'node_modules/tsx/dist/cli.mjs'), `tsx/${name}.ts`])
    })

    const skip = native === undefined && 'no Node >= 24 here: `npm run matrix -- 24` installs one'
    it(`${name} runs as it is written on Node >= 24`, { skip }, async () => {
      consumer.write(`native/${name}.ts`, sourceOf(name))
      await runs([`native/${name}.ts`], native)
    })

    async function runs(args: readonly string[], binary?: string): Promise<void> {
      const { code, stdout, stderr } = await consumer.run(args, binary)
      assert.equal(code, 0, stdout + stderr)
      check(stdout)
    }
  }

  for (const [resolution, module, extension] of [
    ['nodenext', 'nodenext', 'ts'],
    ['nodenext', 'nodenext', 'cts'],
    ['bundler', 'esnext', 'ts'],
  ] as const) {
    it(`compiles in a project with ${resolution} resolution, from .${extension} files`, async () => {
      const folder = `types-${resolution}-${extension}`
      for (const { name } of heartPrograms) {
        const text = extension === 'cts' ? withoutTopLevelAwait(sourceOf(name)) : sourceOf(name)
        consumer.write(`${folder}/${name}.${extension}`, text)
      }
      const options = { target: 'es2022', module, moduleResolution: resolution, strict: true, types: ['node'] }
      assert.equal(await consumer.compile(folder, options), '')
    })
  }

  it('gives a project its types: a wrong call does not compile', async () => {
    const wrong = "import { cpuCount } from 'manycore'\nexport const text: string = cpuCount()\n"
    consumer.write('types-wrong/wrong.ts', wrong)
    const options = { target: 'es2022', module: 'nodenext', strict: true, types: ['node'] }
    assert.match(await consumer.compile('types-wrong', options), /wrong\.ts\(2,14\): error TS2322/)
  })
})

// CommonJS has none: what stands below the imports goes into a function.
function withoutTopLevelAwait(module: string): string {
  const imports = module.match(/^import .*$/gm)?.join('\n') ?? ''
  return `${imports}\nvoid (async () => {\n${module.replaceAll(/^import .*$|^export \{\};?$|^\/\/#.*$/gm, '')}\n})()\n`
}

function findNativeNode(): string | undefined {
  const cache = join(root, '.cache')
  const cached = existsSync(cache) ? readdirSync(cache).filter((name) => name.startsWith('node-')) : []
  const binaries = [process.execPath, ...cached.sort().map((name) => join(cache, name, 'node_modules/node/bin/node'))]
  return binaries.find((binary) => existsSync(binary) && majorOf(binary) >= 24)
}

function majorOf(binary: string): number {
  if (binary === process.execPath) return Number(process.versions.node.split('.')[0])
  return Number(/^v(\d+)/.exec(execFileSync(binary, ['--version'], { encoding: 'utf8' }))?.[1] ?? 0)
}
