import { FunctionUnsendableError } from '../base/errors.ts'
import type { UnsendableNode } from './graph.ts'
import { rememberStandIn } from './provenance.ts'

/** What stands where something could not travel; whichever way it is used, it throws what the sender had to say. */
export interface StandIn {
  /** For a property: its getter. */
  readonly get: () => never
  /** For a captured variable: a cell whose `v` throws. */
  readonly cell: object
  /** For an entry of a map, a private field and the like, where only use can be noticed. */
  readonly value: object
}

export function standInFor(node: UnsendableNode): StandIn {
  let made = standIns.get(node)
  if (made === undefined) {
    made = make(node)
    standIns.set(node, made)
  }
  return made
}

const standIns = new WeakMap<UnsendableNode, StandIn>()

function make(node: UnsendableNode): StandIn {
  const get = (): never => {
    throw new FunctionUnsendableError(node.message, node.path)
  }
  const handler: ProxyHandler<() => void> = {}
  for (const trap of Object.getOwnPropertyNames(Reflect) as (keyof ProxyHandler<() => void>)[]) {
    if (typeof Reflect[trap as keyof typeof Reflect] === 'function') handler[trap] = get
  }
  const cell = Object.defineProperty({}, 'v', { get })
  const value = new Proxy(() => {}, handler)
  for (const one of [get, cell, value]) rememberStandIn(one, node)
  return { get, cell, value }
}
