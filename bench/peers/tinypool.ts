import { importPeer, TASKS_FILE } from './installed.ts'
import { oneByOne, type LoadPeer } from './peer.ts'

type Library = Record<
  'Tinypool' | 'Piscina',
  new (options: object) => {
    run(task: unknown, options: { name: string; signal?: AbortSignal }): Promise<unknown>
    destroy(): Promise<void>
  }
>

export function tinypool(runtime: 'child_process' | 'worker_threads'): LoadPeer {
  return () => load('tinypool', 'Tinypool', { runtime })
}

/** tinypool comes from piscina, so both are used in the same way. */
export function piscina(): ReturnType<LoadPeer> {
  return load('piscina', 'Piscina', {})
}

async function load(name: string, exported: keyof Library, options: object): ReturnType<LoadPeer> {
  const library = await importPeer<Library & { default?: Library }>(name)
  const Exported = library[exported] ?? library.default?.[exported]
  return (workers) => {
    const pool = new Exported({ filename: TASKS_FILE, minThreads: workers, maxThreads: workers, ...options })
    return oneByOne((fn, args) => pool.run(args[0], { name: fn.name }) as never, {
      runWithin: (fn, args, limitMs) =>
        pool.run(args[0], { name: fn.name, signal: AbortSignal.timeout(limitMs) }) as never,
      end: () => pool.destroy(),
    })
  }
}
