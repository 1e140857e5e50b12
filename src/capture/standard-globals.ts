import { runInNewContext } from 'node:vm'

/** Names that every Node process has in its global scope: those of ECMAScript, from a fresh realm, and those of Node. */
export function standardGlobals(): ReadonlySet<string> {
  return (standard ??= new Set([
    ...(runInNewContext('Object.getOwnPropertyNames(globalThis)') as string[]),
    ...NODE_GLOBALS,
  ]))
}

let standard: ReadonlySet<string> | undefined

/** Globals that Node defines lazily: reading one loads undici or similar, for 15 to 27 ms. They are looked up by name only. */
export const LAZY_GLOBALS: ReadonlySet<string> = new Set([
  'FormData',
  'Headers',
  'Request',
  'Response',
  'MessageEvent',
  'WebSocket',
  'CloseEvent',
  'EventSource',
  'TransformStream',
  'CompressionStream',
  'DecompressionStream',
  'localStorage',
  'sessionStorage',
])

// Listed, not read from globalThis: the user's own globals must not be among them. Nor are `require`, `module`,
// `exports`, `__filename` and `__dirname`: `node -e` and the REPL make globals of them, a worker has none.
const NODE_GLOBALS: readonly string[] = [
  ...LAZY_GLOBALS,
  'AbortController',
  'AbortSignal',
  'Blob',
  'BroadcastChannel',
  'Buffer',
  'Crypto',
  'CryptoKey',
  'CustomEvent',
  'DOMException',
  'ErrorEvent',
  'Event',
  'EventTarget',
  'File',
  'Float16Array',
  'Iterator',
  'MessageChannel',
  'MessagePort',
  'Navigator',
  'Performance',
  'PerformanceEntry',
  'PerformanceObserver',
  'ReadableStream',
  'Storage',
  'SubtleCrypto',
  'TextDecoder',
  'TextEncoder',
  'URL',
  'URLPattern',
  'URLSearchParams',
  'WebAssembly',
  'WritableStream',
  'atob',
  'btoa',
  'clearImmediate',
  'clearInterval',
  'clearTimeout',
  'console',
  'crypto',
  'escape',
  'fetch',
  'gc',
  'global',
  'globalThis',
  'navigator',
  'performance',
  'process',
  'queueMicrotask',
  'setImmediate',
  'setInterval',
  'setTimeout',
  'structuredClone',
  'unescape',
]
