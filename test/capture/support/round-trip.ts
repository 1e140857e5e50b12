import { type ChildProcess, fork } from 'node:child_process'
import { captureGraph, sentCodeOf } from '#dist/capture/capture.js'
import type { Graph } from '#dist/capture/graph.js'
import { rebuildGraph } from '#dist/capture/rebuild.js'
import { byFileName, mapStack, type SentCode } from '#dist/capture/stacks.js'
import type { RoundTrip } from '../cases/case.ts'

interface Answer {
  readonly id: number
  readonly graph?: Graph
  readonly failed?: true
  readonly stack?: string
  readonly text?: string
}

interface Waiting {
  readonly resolve: (value: unknown) => void
  readonly reject: (reason: unknown) => void
  readonly sent: readonly SentCode[]
}

/** A process that runs what it is sent, for the cases; it knows nothing of pools and channels. */
export function openRoundTrip(): RoundTrip & { close(): Promise<void> } {
  const peer = {}
  const child = startChild()
  const waiting = new Map<number, Waiting>()
  const ready = new Promise<void>((resolve, reject) => {
    child.once('exit', (code) => {
      const error = new Error(`the child ended with ${code}`)
      reject(error)
      for (const one of waiting.values()) one.reject(error)
    })
    child.on('message', (message: Answer | 'ready') => (message === 'ready' ? resolve() : void settle(message)))
  })
  let count = 0

  async function settle({ id, graph, failed, stack = '', text }: Answer): Promise<void> {
    const one = waiting.get(id)
    waiting.delete(id)
    try {
      const value = graph ? await rebuildGraph(graph, { peer }) : new Error(text)
      if (!failed) return one?.resolve(value)
      if (value instanceof Error)
        Object.defineProperty(value, 'remoteStack', { value: mapStack(stack, byFileName(one?.sent ?? [])) })
      one?.reject(value)
    } catch (error) {
      one?.reject(error)
    }
  }

  return {
    call(fn, ...args) {
      const graph = captureGraph([fn, args], { peer, label: 'call' })
      const id = ++count
      const result = new Promise<unknown>((resolve, reject) =>
        waiting.set(id, { resolve, reject, sent: sentCodeOf(graph) }),
      )
      // The graph holds live values, so it is serialized now and not when the child is ready.
      const sent = structuredClone(graph)
      ready.then(
        () => child.send({ id, graph: sent }),
        () => {},
      )
      return result as never
    },
    capture: (value) => captureGraph(value),
    mapped: (stack = '') => mapStack(stack, byFileName([])),
    async close() {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill()
      await ended
    },
  }
}

// Flags that make Node run something else than the file.
const NOT_INHERITED = /^(?:-e|--eval|-p|-pe|--print|--test.*|--watch.*|--inspect.*|--input-type.*)$/

function startChild(): ChildProcess {
  const execArgv = process.execArgv.filter(
    (arg, i, all) =>
      !NOT_INHERITED.test(arg.split('=')[0] as string) && !/^(?:-e|--eval|-p|-pe|--print)$/.test(all[i - 1] ?? ''),
  )
  return fork(new URL('../../fixtures/rebuilds-and-calls.js', import.meta.url), [], {
    execArgv,
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
}
