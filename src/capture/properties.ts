import { isFrozen } from '../base/frozen.ts'
import type { Attachments, Encoded, Integrity, Property } from './graph.ts'
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
        props.push(flags === ORDINARY ? [name, value] : [name, value, flags])
      }
    })
  }
  if (props.length > 0) node.props = props
  const integrity = integrityOf(object)
  if (integrity) node.integrity = integrity
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

const ORDINARY = PropertyFlag.enumerable | PropertyFlag.writable | PropertyFlag.configurable

function integrityOf(object: object): Integrity | undefined {
  if (Object.isExtensible(object)) return undefined
  if (isFrozen(object)) return 'frozen'
  // Newer versions of V8 call a view with items sealed, and refuse to seal one.
  if (ArrayBuffer.isView(object) && object.byteLength > 0 && !(object instanceof DataView)) return 'fixed'
  return Object.isSealed(object) ? 'sealed' : 'fixed'
}
