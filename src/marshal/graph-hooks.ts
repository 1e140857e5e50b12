import { ValueUnreadableError } from '../base/errors.ts'
import { textOf } from '../base/thrown-text.ts'
import type { CaptureOptions, Special } from '../capture/walk.ts'
import type { Graph } from '../capture/graph.ts'
import type { GraphHooks } from '../codec/codec.ts'
import type { RegisteredType } from '../codec/registry.ts'
import { addType, typeNamed, registeredTypeOf } from '../codec/registry.ts'
import { contextNameOf, shareContext } from '../codec/shared-context.ts'
import { tracksLength } from '../codec/view-length.ts'
import { rooms } from './rooms.ts'
import { rememberSentCode } from './sent-code.ts'

// No class can have this name.
const CONTEXT = 'AsyncLocalStorage shared by name'

// A program that always sends new functions must not fill the memory of the peer, nor this one's: with more than this, both
// begin anew.
const MOST_KNOWN = 1_000
const MOST_KNOWN_LENGTH = 4_000_000

/** The codec's hooks for one peer, which remember what it already has. */
export interface PeerHooks extends GraphHooks {
  /** Without a label, the texts speak of the function itself. */
  capture(value: unknown, label: string | undefined): Graph
  /** Notes that what was captured since the last call is on its way, so that the peer will have it. */
  sent(): void
}

/**
 * Joins the codec with capture. `peer` is one object for both directions, so that a class that is sent twice is one
 * class; without it a graph carries everything that any peer needs.
 */
export function graphHooks(
  peer: object | undefined,
  sharesMemory: boolean,
  captures?: CaptureOptions['captures'],
): PeerHooks {
  const knownTypes = new Set<string>()
  const knownUnits = new Set<string>()
  let knownLength = 0
  let fresh: (() => void)[] = []

  function special(value: object): Special | undefined {
    const context = contextNameOf(value)
    if (context !== undefined) return { id: CONTEXT, data: [context] }
    const type = registeredTypeOf(value)
    if (type === undefined) return undefined
    const data = encodeAs(type, value)
    if (knownTypes.has(type.name)) return { id: type.name, data: [data] }
    if (peer !== undefined) fresh.push(() => knownTypes.add(type.name))
    return { id: type.name, data: [data, type.Class, type.encode, type.decode] }
  }

  function revive(id: string, sent: unknown): unknown {
    if (id === CONTEXT) return shareContext((sent as [string])[0])
    const [data, Class, encode, decode] = sent as [unknown, ...unknown[]]
    const type = typeNamed(id) ?? learn({ name: id, Class, encode, decode } as RegisteredType)
    if (peer !== undefined) knownTypes.add(id)
    return type.decode(data)
  }

  function withoutKnownUnits(graph: Graph): Graph {
    if (peer === undefined || graph.units.length === 0) return graph
    const isFull = knownUnits.size > MOST_KNOWN || knownLength > MOST_KNOWN_LENGTH
    const units = isFull ? graph.units : graph.units.filter(({ key }) => !knownUnits.has(key))
    fresh.push(() => {
      if (isFull) knownUnits.clear()
      if (isFull) knownLength = 0
      for (const { key, text } of units) {
        knownUnits.add(key)
        knownLength += text.length
      }
    })
    return { ...graph, units, keep: isFull ? 'anew' : 'more' }
  }

  return {
    sharesMemory,
    capture(value, label) {
      fresh = []
      const graph = rooms.capture.captureGraph(value, { label, peer, sharesMemory, special, captures, tracksLength })
      rememberSentCode(rooms.capture.sentCodeOf(graph))
      return withoutKnownUnits(graph)
    },
    rebuild: (graph) => rooms.rebuild.rebuildGraph(graph as Graph, { peer, revive }),
    sent() {
      for (const note of fresh) note()
      fresh = []
    },
  }
}

function encodeAs(type: RegisteredType, value: object): unknown {
  try {
    return type.encode(value)
  } catch (error) {
    throw new rooms.walk.Unsendable(
      `is a ${type.name}, whose registered encode() threw: ${textOf(error)}`,
      `See what encode() of registerType(${type.name}) needs.`,
    )
  }
}

function learn(type: RegisteredType): RegisteredType {
  if (typeof type.decode !== 'function') {
    throw new ValueUnreadableError(`A value of the registered type '${type.name}' came before the type itself.`)
  }
  addType(type)
  return type
}
