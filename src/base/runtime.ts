/** The runtime, where it is not Node but has most of Node's interface; its version stands in `process.versions`. */
export function otherRuntime(): 'Bun' | 'Deno' | undefined {
  if ('bun' in process.versions) return 'Bun'
  return 'deno' in process.versions ? 'Deno' : undefined
}
