import type { GraphHooks } from '../codec/codec.ts'
import type { RegisteredType } from '../codec/registry.ts'
import { addType, typeNamed, typeOf } from '../codec/registry.ts'
import { ValueUnreadableError } from '../base/errors.ts'
import type { GraphOptions, Rooms } from './rooms.ts'

/** Thrown inside of a marshal when a value needs capture and this side has not loaded it yet. */
export class CaptureNeeded extends Error {}

export interface PeerHooks extends GraphHooks {
  /** Notes that what was captured since the last call reached its payload, so that the peer will have it. */
  sent(): void
}

/**
 * Joins the codec with capture for one peer: one object stands for the peer in both directions, so that a class that is
 * sent twice is one class; a registered type is sent along with its first instance.
 */
export function graphHooks(rooms: Rooms, peer: object | undefined): PeerHooks {
  const known = new Set<string>()
  let fresh: string[] = []

  const options: GraphOptions = {
    peer,
    special(value) {
      const type = typeOf(value)
      if (type === undefined) return undefined
      const data = type.encode(value)
      if (known.has(type.name)) return { id: type.name, data: [data] }
      if (peer !== undefined) fresh.push(type.name)
      return { id: type.name, data: [data, type.Class, type.encode, type.decode] }
    },
    revive(id, sent) {
      const [data, Class, encode, decode] = sent as [unknown, ...unknown[]]
      const type = typeNamed(id) ?? learn({ name: id, Class, encode, decode } as RegisteredType)
      known.add(id)
      return type.decode(data)
    },
  }

  return {
    capture(value, label) {
      fresh = []
      if (rooms.capture === undefined) throw new CaptureNeeded()
      return rooms.capture(value, { ...options, label })
    },
    rebuild(graph) {
      if (rooms.rebuild !== undefined) return rooms.rebuild(graph, options)
      return rooms.loadRebuild().then(() => rooms.rebuild!(graph, options))
    },
    sent() {
      for (const name of fresh) known.add(name)
      fresh = []
    },
  }
}

function learn(type: RegisteredType): RegisteredType {
  if (typeof type.decode !== 'function') {
    throw new ValueUnreadableError(`A value of the registered type '${type.name}' came before the type itself.`)
  }
  addType(type)
  return type
}
