import { SourceMap, type SourceMapPayload } from 'node:module'
import { readFileSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { LruCache } from './lru.ts'
import { bareUrl } from './module-urls.ts'
import { sourceMapComment, sourceMapUrlOf } from './scripts.ts'
import { lineStartsOf } from './text-lines.ts'

/**
 * Rewrites the positions in a stack of another process to those of the sources, through source maps (inline ones and
 * `.map` files). Node applies no source maps to code compiled from captured functions, and to modules only when it
 * runs with `--enable-source-maps`.
 *
 * `sent` are the functions that were sent by value. A frame of a module is rewritten when its file names a source map
 * that leads to another file; a frame that already stands in a source is left alone.
 */
export function mapStack(stack: string, sent: SentByFile): string {
  return stack.replace(FRAME_PLACE, (whole, before: string, file: string, line: string, column: string) => {
    const at = { line: Number(line) - 1, column: Number(column) - 1 }
    const code = sent.get(file)?.find((one) => isInside(one, at))
    const mapped = code ? mapSent(code, at) : mapModule(file, at)
    return mapped ? `${before}${asWritten(mapped.url, file)}:${mapped.line + 1}:${mapped.column + 1}` : whole
  })
}

/** By each name that a stack may give their file. */
export type SentByFile = ReadonlyMap<string, readonly SentCode[]>

export function byFileName(sent: Iterable<SentCode>): SentByFile {
  const byFile = new Map<string, SentCode[]>()
  for (const code of sent) {
    for (const file of namesOf(code.url)) {
      const known = byFile.get(file)
      if (known) known.push(code)
      else byFile.set(file, [code])
    }
  }
  return byFile
}

/** Whether a stack names code of this URL in a way that `mapStack` reads; not that of `eval`, a REPL or `new Function`. */
export function isFileName(url: string): boolean {
  return /^(?:file:\/\/|\/|[A-Za-z]:\\)/.test(url)
}

/** Code that another process compiled from a captured function, at its original position. */
export interface SentCode {
  /** URL under which it was compiled. */
  readonly url: string
  /** The script of this process that holds the original. */
  readonly scriptId: string
  /**
   * Where it stands. The same file may also have been imported over there, by a loader that rewrites the positions of
   * its frames itself (tsx does), so that only frames within a range are taken to be of this code.
   */
  readonly ranges: readonly CodeRange[]
}

/** Lines and columns start at 0. */
export interface CodeRange {
  readonly start: LineAndColumn
  readonly end: LineAndColumn
}

/** The range that a text covers whose first line starts at this line and column. */
export function rangeOfText(text: string, { line, column }: LineAndColumn): CodeRange {
  const starts = lineStartsOf(text)
  const last = starts.at(-1) ?? 0
  const endColumn = text.length - last + (starts.length === 1 ? column : 0)
  return { start: { line, column: Math.max(column, 0) }, end: { line: line + starts.length - 1, column: endColumn } }
}

export interface LineAndColumn {
  readonly line: number
  readonly column: number
}

interface MappedPlace extends LineAndColumn {
  readonly url: string
}

interface LoadedMap {
  readonly map: SourceMap
  /** What the relative names of its sources are relative to. */
  readonly base: string
}

/** `    at name (place:1:2)`, `    at async place:1:2`, and what `inspect` puts behind the last, ` {`; the message of the error, which may name places too, is left alone. */
const FRAME_PLACE = /^(\s+at (?:async )?(?:.*?\()?)((?:file:\/\/)?\/.*?|[A-Za-z]:\\.*?):(\d+):(\d+)(?=\)?(?: \{)?$)/gm

/** Bound: the maps of 100 scripts and 100 files. `null` for none. */
const mapsOfScripts = new LruCache<string, LoadedMap | null>(100)
const mapsOfFiles = new LruCache<string, LoadedMap | null>(100)

/** A stack names an ES module by its URL and a CommonJS one by its path. */
function namesOf(url: string): string[] {
  return url.startsWith('file:') ? [url, fileURLToPath(url)] : [url]
}

function isInside({ ranges }: SentCode, at: LineAndColumn): boolean {
  return ranges.some(({ start, end }) => !isBefore(at, start) && !isBefore(end, at))
}

function isBefore(a: LineAndColumn, b: LineAndColumn): boolean {
  return a.line < b.line || (a.line === b.line && a.column < b.column)
}

function mapSent({ scriptId, url }: SentCode, at: LineAndColumn): MappedPlace | undefined {
  let loaded = mapsOfScripts.get(scriptId)
  if (loaded === undefined) mapsOfScripts.set(scriptId, (loaded = loadMap(() => sourceMapUrlOf(scriptId), url)))
  return loaded ? findSource(loaded, at) : undefined
}

/** A map that leads back to the file itself (tsx) says nothing about whether the frame was rewritten before. */
function mapModule(file: string, at: LineAndColumn): MappedPlace | undefined {
  const url = toUrl(file)
  if (file.includes('/node_modules/')) return undefined
  let loaded = mapsOfFiles.get(url)
  if (loaded === undefined) {
    mapsOfFiles.set(url, (loaded = loadMap(() => sourceMapComment(readFileSync(fileURLToPath(url), 'utf8')), url)))
  }
  const mapped = loaded ? findSource(loaded, at) : undefined
  return mapped && bareUrl(mapped.url) !== bareUrl(url) ? mapped : undefined
}

/** A map that is missing or broken leaves the stack as it is: an error must never be lost over its decoration. */
function loadMap(findMapUrl: () => string | undefined, scriptUrl: string): LoadedMap | null {
  try {
    const mapUrl = findMapUrl()
    if (mapUrl === undefined) return null
    if (mapUrl.startsWith('data:')) return readMap(decodeDataUrl(mapUrl), scriptUrl)
    const url = new URL(mapUrl, toUrl(scriptUrl))
    return url.protocol === 'file:' ? readMap(readFileSync(url, 'utf8'), url.href) : null
  } catch {
    return null
  }
}

function readMap(text: string, base: string): LoadedMap {
  const payload = JSON.parse(text) as SourceMapPayload
  const sources = payload.sources.map((source) => (payload.sourceRoot ?? '') + source)
  return { map: new SourceMap({ ...payload, sources }), base }
}

function decodeDataUrl(url: string): string {
  const comma = url.indexOf(',')
  const data = url.slice(comma + 1)
  return url.slice(0, comma).endsWith(';base64') ? Buffer.from(data, 'base64').toString() : decodeURIComponent(data)
}

function findSource({ map, base }: LoadedMap, { line, column }: LineAndColumn): MappedPlace | undefined {
  const entry = map.findEntry(line, column)
  if (!('originalLine' in entry)) return undefined
  try {
    return {
      url: new URL(entry.originalSource, toUrl(base)).href,
      line: entry.originalLine,
      column: entry.originalColumn,
    }
  } catch {
    // The map names its source in a way that is no URL.
    return undefined
  }
}

function toUrl(file: string): string {
  return isAbsolute(file) ? pathToFileURL(file).href : file
}

/** As the frame named its file: by URL or by path. */
function asWritten(url: string, file: string): string {
  return file.startsWith('file:') || !url.startsWith('file:') ? url : fileURLToPath(url)
}
