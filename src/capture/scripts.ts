import type { Debugger, InspectorNotification, Profiler, Runtime } from 'node:inspector'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { inspectorSession, type Look, post } from './inspector.ts'
import { LruCache } from './lru.ts'
import { bareUrl } from './module-urls.ts'
import { lineStartsOf } from './text-lines.ts'

/** A script that V8 compiled in this process. */
export interface ScriptRecord {
  readonly scriptId: string
  /** `file:…`, a path (CommonJS through some loaders), `node:…`, or '' for eval and `new Function`. */
  readonly url: string
  /** An ES module. */
  readonly isModule: boolean
}

/**
 * The script in which a looked-at function was written; undefined for native ones and for scripts that V8 has dropped.
 * Scripts of functions now running are found in 0.1 ms; for any other V8 goes through its heap once, 2 ms and more, and
 * all that it knows then is remembered. Only what it does not list there costs a cycle of the Debugger domain.
 */
export function scriptOf({ location, scopes }: Look): ScriptRecord | undefined {
  if (!location) return undefined
  const { scriptId } = location
  const known = scripts.get(scriptId)
  if (known) return known
  const url = urlOf(scriptId)
  if (url === undefined) return scriptById(scriptId)
  const record: ScriptRecord = {
    scriptId,
    url,
    isModule: scopes?.some((scope) => scope.description === 'Module') ?? false,
  }
  scripts.set(scriptId, record)
  return record
}

/** Whether V8 compiled a script as a module, where no scope shows it: costs a cycle of the Debugger domain, once for each script. */
export function isModuleScript(scriptId: string): boolean {
  let known = compiledAs.get(scriptId)
  if (known === undefined) {
    for (const { scriptId: id, isModule } of listScripts().values()) compiledAs.set(id, isModule)
    known = compiledAs.get(scriptId) ?? false
  }
  return known
}

/** Every script that V8 knows now, by URL without its query; of several with one URL, the last. */
export function scriptsByUrl(): Map<string, ScriptRecord> {
  const byUrl = new Map<string, ScriptRecord>()
  for (const { scriptId, url, isModule } of listScripts().values())
    if (url) byUrl.set(bareUrl(url), { scriptId, url, isModule })
  return byUrl
}

/**
 * The source as V8 has it. `proof`, the text of a function in it, lets the file on disk be read instead of asking V8:
 * when that text stands in the file where V8 says it is, nothing transformed the file. What was rebuilt in a worker is a
 * script of a few lines that goes by positions in the file where it was written: then that file is the source.
 */
export function scriptSource(scriptId: string, proof?: SourceProof): string | undefined {
  const known = sources.get(scriptId)
  if (known !== undefined && (proof === undefined || placed.get(scriptId) === true)) return known
  const isLong = proof !== undefined && proof.text.length > PROOF_LENGTH
  let source = known ?? (isLong ? provenOnDisk(scriptId, proof) : undefined) ?? sourceFromV8(scriptId)
  if (source === undefined) return undefined
  if (proof !== undefined) {
    if (!standsAt(source, proof)) source = provenOnDisk(scriptId, proof) ?? source
    placed.set(scriptId, true)
  }
  sources.set(scriptId, source, source.length)
  return source
}

/** A function's text and where V8 says that it is. */
export interface SourceProof {
  readonly text: string
  readonly lineNumber: number
  readonly columnNumber: number
  /** Offset of that position in the text: `FunctionFacts.anchor`. */
  readonly anchor: number
}

/** What stands behind `//# sourceMappingURL=` of a script: a data: URL, or a URL relative to the script; undefined without one. */
export function sourceMapUrlOf(scriptId: string): string | undefined {
  const source = sources.get(scriptId)
  if (source !== undefined) return sourceMapComment(source)
  const known = mapUrls.get(scriptId)
  if (known !== undefined) return known || undefined
  const found = listScripts().get(scriptId)?.sourceMapUrl ?? ''
  mapUrls.set(scriptId, found, found.length + 1)
  return found || undefined
}

/** The last `//# sourceMappingURL=` of a source, which is the one that counts. */
export function sourceMapComment(source: string): string | undefined {
  const at = Math.max(source.lastIndexOf('//# sourceMappingURL='), source.lastIndexOf('//@ sourceMappingURL='))
  if (at < 0) return undefined
  return /^[^\s'"`]+/.exec(source.slice(at + 21))?.[0]
}

/** How often the Debugger domain was enabled, for tests and benches. */
export function debuggerCycles(): number {
  return cycles
}

/**
 * Runs with V8's Debugger domain enabled. It is always disabled again: while it is on, `await` is nine times slower.
 */
export function withDebugger<T>(run: () => T): T {
  post('Debugger.enable')
  cycles++
  try {
    return run()
  } finally {
    post('Debugger.disable')
  }
}

interface ParsedScript extends ScriptRecord {
  readonly sourceMapUrl: string
}

/** Bounds: 4,000 scripts, URLs of 20,000, sources of 16 M characters and map URLs of 16 M characters together. */
const scripts = new LruCache<string, ScriptRecord>(4_000)
const urls = new LruCache<string, string>(20_000)
const sources = new LruCache<string, string>(1_000, 16_000_000)
const mapUrls = new LruCache<string, string>(1_000, 16_000_000)
/** Whether it is a module. */
const compiledAs = new LruCache<string, boolean>(20_000)
/** Scripts of whose source it is known that V8's positions lead into it. */
const placed = new LruCache<string, true>(1_000)
let cycles = 0

function scriptById(scriptId: string): ScriptRecord | undefined {
  const found = listScripts().get(scriptId)
  if (!found) return undefined
  const record: ScriptRecord = { scriptId, url: found.url, isModule: found.isModule }
  scripts.set(scriptId, record)
  return record
}

/** V8 reports every live script each time that the domain is enabled. */
function listScripts(): Map<string, ParsedScript> {
  const session = inspectorSession()
  const found = new Map<string, ParsedScript>()
  const onParsed = ({ params }: InspectorNotification<Debugger.ScriptParsedEventDataType>): void => {
    const { scriptId, url, isModule, sourceMapURL } = params
    found.set(scriptId, { scriptId, url, isModule: isModule ?? false, sourceMapUrl: sourceMapURL ?? '' })
  }
  session.on('Debugger.scriptParsed', onParsed)
  try {
    withDebugger(() => undefined)
  } finally {
    session.off('Debugger.scriptParsed', onParsed)
  }
  return found
}

function urlOf(scriptId: string): string | undefined {
  const known = urls.get(scriptId)
  if (known !== undefined) return known
  rememberRunning()
  const running = urls.get(scriptId)
  if (running !== undefined) return running
  rememberCovered()
  return urls.get(scriptId)
}

/** The scripts that are running now, from the stack of an error. */
function rememberRunning(): void {
  post('Runtime.enable')
  try {
    const { exceptionDetails } = post<Runtime.EvaluateReturnType>('Runtime.evaluate', {
      expression: 'throw new Error()',
      objectGroup: 'manycore',
    })
    for (const { scriptId, url } of exceptionDetails?.stackTrace?.callFrames ?? []) if (url) urls.set(scriptId, url)
  } finally {
    post('Runtime.disable')
  }
}

/**
 * Every script of which something has run, from V8's coverage of what it happens to have counted. Enabling the Debugger
 * would tell as well, but the first time it reads every loaded source: 50 to 130 ms more in a program of a few MB.
 * The Profiler domain is neither enabled nor disabled here: disabling it would end the precise coverage that
 * NODE_V8_COVERAGE or c8 may be collecting.
 */
function rememberCovered(): void {
  const { result } = post<Profiler.GetBestEffortCoverageReturnType>('Profiler.getBestEffortCoverage')
  for (const { scriptId, url } of result) urls.set(scriptId, url)
}

function sourceFromV8(scriptId: string): string | undefined {
  try {
    return withDebugger(
      () => post<Debugger.GetScriptSourceReturnType>('Debugger.getScriptSource', { scriptId }).scriptSource,
    )
  } catch {
    // It has dropped the script.
    return undefined
  }
}

// A short text could stand at the same place of a transformed file by chance.
const PROOF_LENGTH = 20

function provenOnDisk(scriptId: string, proof: SourceProof): string | undefined {
  const url = scripts.get(scriptId)?.url
  if (!url?.startsWith('file:')) return undefined
  try {
    const source = readFileSync(fileURLToPath(url), 'utf8')
    return standsAt(source, proof) ? source : undefined
  } catch {
    return undefined
  }
}

function standsAt(source: string, { text, lineNumber, columnNumber, anchor }: SourceProof): boolean {
  const lineStart = lineStartsOf(source)[lineNumber]
  return lineStart !== undefined && source.startsWith(text, lineStart + columnNumber - anchor)
}
