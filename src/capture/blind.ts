import type { AnyNode } from 'acorn'
import { readFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { AT_TOP, bindingAt } from './binding-stability.ts'
import { isOwnModule } from './entry.ts'
import type { Encoded } from './graph.ts'
import { type InspectorAbsence, inspectorAbsence } from './inspector.ts'
import { descend, type ModuleFacts, moduleFacts, moduleTree } from './module-facts.ts'
import type { FunctionRecord, Walk } from './walk.ts'

/**
 * Capture where V8 shows nothing of a function but its text: under `--permission` and in other runtimes. What the
 * function names is then imported again, given by the user as `captures`, or refused by its name.
 */
export function isBlind(): boolean {
  return inspectorAbsence() !== undefined
}

/** What the calling file imports under this name. */
export function encodeUnseen(walk: Walk, record: FunctionRecord, name: string): Encoded {
  const { url } = record.script
  const binding = factsOf(walk, url)?.imports.get(name)
  if (binding) {
    const { specifier, name: exported, attributes } = binding
    return walk.addNode({ kind: 'import', base: url, specifier, name: exported, attributes })
  }
  const { problem, advice } = inspectorAbsence() as InspectorAbsence
  return walk.refuse(
    `cannot be seen here, because ${problem}`,
    `Pass it as an argument, or give its value with the option \`captures: { ${name} }\`. ${advice}`,
  )
}

/**
 * Whether the name of a global means that where a function stands. In a file that cannot be read it is taken to; where the
 * text of the function is not found in its file, or more than once, all that it may mean counts.
 */
export function meansGlobal(walk: Walk, { facts, script }: FunctionRecord, name: string): boolean {
  const module = factsOf(walk, script.url)
  if (module === undefined) return true
  const starts = placesOf(module, facts.text)
  if (starts.length === 0) return bindingAt(module, AT_TOP, name) === undefined
  return starts.every((start) => bindingAt(module, start + facts.anchor, name) === undefined)
}

/** The file that called manycore, in place of the one where a function was written. */
export function callerUrl(): string | undefined {
  const { stackTraceLimit, prepareStackTrace } = Error
  // A program's own would make something else of it.
  Object.assign(Error, { stackTraceLimit: 50, prepareStackTrace: undefined })
  const { stack = '' } = new Error()
  Object.assign(Error, { stackTraceLimit, prepareStackTrace })
  for (const file of filesIn(stack)) {
    const url = file.startsWith('file:') ? file : pathToFileURL(file).href
    if (!isOwnModule(url)) return url
  }
  return undefined
}

/** The files that a stack names, by URL or by path, innermost first. */
export function filesIn(stack: string): string[] {
  return [...stack.matchAll(FRAME_FILE)].map((match) => match[1] as string)
}

// A drive of Windows stands behind the slash of a URL and at the beginning of a path.
const FRAME_FILE = /(?:at (?:async )?|\()((?:file:\/\/)?(?:\/(?:[A-Za-z]:)?|[A-Za-z]:\\)[^():]+):\d+:\d+/g

/** Where a part of a source has this text from its beginning to its end. */
function placesOf(module: ModuleFacts, text: string): number[] {
  const { source } = module
  const starts: number[] = []
  for (let at = source.indexOf(text); at >= 0; at = source.indexOf(text, at + 1))
    if (isWhole(module, at, at + text.length)) starts.push(at)
  return starts
}

function isWhole(module: ModuleFacts, start: number, end: number): boolean {
  let found = false
  const visit = (node: AnyNode): void => {
    found ||= node.end === end
    descend(node, start, visit)
  }
  const tree = moduleTree(module)
  if (tree) visit(tree)
  return found
}

// Read once for each capture, which is one snapshot.
function factsOf(walk: Walk, url: string): ModuleFacts | undefined {
  let read = files.get(walk)
  if (!read) files.set(walk, (read = new Map()))
  if (!read.has(url)) read.set(url, readFacts(url))
  return read.get(url)
}

const files = new WeakMap<Walk, Map<string, ModuleFacts | undefined>>()

// Nothing where the file cannot be read, or has syntax that this runtime removes and nobody else can.
function readFacts(url: string): ModuleFacts | undefined {
  if (!url.startsWith('file:')) return undefined
  try {
    return moduleFacts(withoutTypes(readFileSync(fileURLToPath(url), 'utf8'), url), true)
  } catch {
    return undefined
  }
}

// Node's own way to strip types, since 22.13.
function withoutTypes(source: string, url: string): string {
  const { stripTypeScriptTypes } = process.getBuiltinModule('node:module') as {
    stripTypeScriptTypes?: (source: string) => string
  }
  return /\.[cm]?ts$/.test(url) && stripTypeScriptTypes ? stripTypeScriptTypes(source) : source
}
