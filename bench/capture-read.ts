/**
 * What it costs to read a function: to look into it, to analyse its text, to find its script and its module.
 *
 *     npm run -s build:test && node .build/bench/capture-read.js
 */
import { bindingIsStable } from '#dist/capture/binding-stability.js'
import { readFrame } from '#dist/capture/frames.js'
import { analyzeFunction } from '#dist/capture/free-variables.js'
import { evaluateInMain, look } from '#dist/capture/inspector.js'
import { builtinPathOf, intrinsicPathOf, startKnownLookups } from '#dist/capture/known.js'
import { moduleFacts, offsetOf } from '#dist/capture/module-facts.js'
import { purityOf } from '#dist/capture/purity.js'
import { debuggerCycles, scriptOf, scriptsByUrl, scriptSource } from '#dist/capture/scripts.js'

// Keeps the optimiser from dropping what is measured.
export let kept: unknown

const factor = 3
const plain = (n: number): number => n * 2
const capturing = (n: number): number => n * factor
const rich = (rows: readonly { a: number; b: string }[]): string[] => {
  const seen = new Map<string, number>()
  for (const { a, b } of rows) {
    const key = `${b}:${a % factor}`
    seen.set(key, (seen.get(key) ?? 0) + plain(a))
  }
  return [...seen].filter(([, total]) => total > factor).map(([key, total]) => `${key}=${capturing(total)}`)
}

class Vault {
  #inside = factor
  open(): number {
    return this.#inside
  }
}

console.log(`Node ${process.version}`)
title('first time in this process', 'ms')
once('open the session', () => evaluateInMain('1'))
once('look into a function', () => look(rich))
once('find its running script', () => scriptOf(look(rich)))
once('load the parser and analyse its text', () => analyzeFunction(String(rich)))
const source = once('read its source from disk', () => sourceOf(rich)) ?? ''
const facts = once(`facts of its module (${source.length} characters)`, () => moduleFacts(source, true))
const offset = offsetOf(facts, look(rich).location?.lineNumber ?? 0, look(rich).location?.columnNumber ?? 0)
once('stability of a variable of it', () => bindingIsStable(facts, offset, 'factor'))
once('index of intrinsic values', () => intrinsicPathOf(plain))
once('index of builtin modules', () => builtinPathOf(plain))
once('find a script that is not running', () => scriptOf(look(bindingIsStable)))
once('list all scripts (Debugger, first cycle)', () => scriptsByUrl().size)
once('list all scripts (Debugger, second cycle)', () => scriptsByUrl().size)
once('read `this` of a running frame', () => readFrame(() => 0, []))
console.log(`Debugger cycles in all: ${debuggerCycles()}`)

const bound = rich.bind(null)
const vault = new Vault()
const crowded = makeCrowded(10_000)
const looked = look(rich)
const text = String(rich)

title('later, median of 5', 'µs')
many('look: no captures of its own', 2_000, () => look(plain))
many('look: one captured constant', 2_000, () => look(capturing))
many('look: bound function', 2_000, () => look(bound))
many('look: instance with a private field', 2_000, () => look(vault))
many('look: 10,000 variables in scope', 50, () => look(crowded))
many('script, remembered', 2_000, () => scriptOf(looked))
many('analyse, remembered', 100_000, () => analyzeFunction(text))
many('analyse: x => x + 1, new text', 2_000, (i) => analyzeFunction(`x => x + ${i}`))
many(`analyse: ${text.length} characters, new text`, 1_000, (i) => analyzeFunction(`${text}/*${i}*/`))
many(`purity: ${text.length} characters, new text`, 1_000, (i) => purityOf(`${text}/*${i}*/`))
many('purity, remembered', 100_000, () => purityOf(text))
many('stability, remembered', 10_000, () => bindingIsStable(facts, offset, 'factor'))
many('intrinsic path', 10_000, () => intrinsicPathOf(Math.max))
many('builtin path, a miss per capture', 1_000, () => (startKnownLookups(), builtinPathOf(plain)))
many('`this` of a running frame', 50, () => readFrame(() => 0, []))

function sourceOf(fn: (...args: never[]) => unknown): string | undefined {
  const { location } = look(fn)
  const own = String(fn)
  return location && scriptSource(location.scriptId, { text: own, ...location, anchor: analyzeFunction(own).anchor })
}

function makeCrowded(count: number): () => unknown {
  const names = Array.from({ length: count }, (_, i) => `v${i}`)
  const code = `(() => { let ${names.map((name, i) => `${name}=${i}`)}; return () => [${names}] })()`
  return evaluateInMain(code) as () => unknown
}

function title(text: string, unit: string): void {
  console.log(`\n${text.padEnd(52)}${unit.padStart(8)}`)
}

function once<T>(name: string, run: () => T): T {
  const start = performance.now()
  const result = run()
  console.log(name.padEnd(52) + (performance.now() - start).toFixed(2).padStart(8))
  kept = result
  return result
}

function many(name: string, rounds: number, run: (round: number) => unknown): void {
  let round = 0
  const samples = Array.from({ length: 5 }, () => {
    const start = performance.now()
    for (let i = 0; i < rounds; i++) kept = run(round++)
    return ((performance.now() - start) * 1000) / rounds
  })
  const median = samples.sort((a, b) => a - b)[2] ?? NaN
  console.log(name.padEnd(52) + median.toFixed(median < 10 ? 3 : 1).padStart(8))
}
