import { integrityOf } from '../base/integrity.ts'
import type { Attachments, Encoded, Property } from './graph.ts'
import { PropertyFlag } from './graph.ts'
import { isFunction, isNative } from './peek.ts'
import { standIn } from './provenance.ts'
import type { Walk } from './walk.ts'

/** Own properties as descriptors: no getter is run. `home` is the object whose `super` the methods use. */
export function encodeProperties(
  walk: Walk,
  object: object,
  keys: readonly PropertyKey[],
  node: Attachments,
  home: object = object,
): void {
  const props: Property[] = node.props ?? []
  const place = { owner: object, home }
  for (const key of keys) {
    const descriptor = describe(object, key)
    if (!descriptor) continue
    walk.at('property', typeof key === 'symbol' ? `[${String(key)}]` : String(key), () => {
      const name = walk.encodeKey(key)
      const accessor = (fn: unknown): Encoded => (fn === undefined ? undefined : walk.encode(fn, place))
      const broken = descriptor.get && standIn(descriptor.get)
      if (broken) props.push([name, walk.addNode(broken), flagsOf(descriptor)])
      else if (descriptor.get || descriptor.set)
        props.push([name, accessor(descriptor.get), flagsOf(descriptor), accessor(descriptor.set)])
      else {
        const value = walk.encodeDeep(descriptor.value, isFunction(descriptor.value) ? place : { owner: object })
        const flags = flagsOf(descriptor)
        props.push(flags === PropertyFlag.all ? [name, value] : [name, value, flags])
      }
    })
  }
  if (props.length > 0) node.props = props
  if (!Object.isExtensible(object)) node.integrity = integrityOf(object)
}

// What `Error.captureStackTrace` gives any object is V8's own accessor in newer versions.
function describe(object: object, key: PropertyKey): PropertyDescriptor | undefined {
  const descriptor = Object.getOwnPropertyDescriptor(object, key)
  if (key !== 'stack' || !descriptor?.get || !isNative(descriptor.get)) return descriptor
  const value: unknown = Reflect.get(object, 'stack')
  return { value, writable: true, enumerable: descriptor.enumerable ?? false, configurable: true }
}

function flagsOf({ enumerable, writable, configurable }: PropertyDescriptor): number {
  return (
    (enumerable ? PropertyFlag.enumerable : 0) |
    (writable ? PropertyFlag.writable : 0) |
    (configurable ? PropertyFlag.configurable : 0)
  )
}
