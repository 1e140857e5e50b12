import { importPeer } from './installed.ts'
import { oneByOne, type OpenPeer } from './peer.ts'

interface Multithreading {
  initRuntime(options: { maxWorkers: number }): void
  shutdown(): void
  move(...args: unknown[]): unknown
  spawn(...moved: unknown[]): { join(): Promise<{ ok: boolean; value?: unknown; error?: unknown }> }
}

export async function multithreading(): Promise<OpenPeer> {
  fillIn()
  const library = await importPeer<Multithreading>('multithreading')
  return (workers) => {
    library.initRuntime({ maxWorkers: workers })
    const run = async (fn: unknown, args: readonly unknown[]): Promise<never> => {
      const task = args.length === 0 ? library.spawn(fn) : library.spawn(library.move(...args), fn)
      const { ok, value, error } = await task.join()
      if (!ok) throw error
      return value as never
    }
    return oneByOne(run, { end: () => Promise.resolve(library.shutdown()) })
  }
}

// It is written for newer versions: what Node 20 does not have of what it asks for.
function fillIn(): void {
  if (!('navigator' in globalThis)) Object.assign(globalThis, { navigator: { hardwareConcurrency: 2 } })
  if ('withResolvers' in Promise) return
  Object.assign(Promise, {
    withResolvers() {
      let switches
      const promise = new Promise((resolve, reject) => (switches = { resolve, reject }))
      return Object.assign({ promise }, switches)
    },
  })
}
