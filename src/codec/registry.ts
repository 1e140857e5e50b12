import { ArgumentError } from '../base/errors.ts'
import { badArgument, checkFunction, checkOptions } from '../base/argument.ts'

/** How the instances of a class travel. */
export interface TypeOptions<T, D> {
  /** Its name on the way, the same in every process; the default is the name of the class. */
  readonly name?: string | undefined
  /** Gives what another instance can be made of: anything that travels. */
  readonly encode: (value: T) => D
  /** Makes the instance in the other process. */
  readonly decode: (data: D) => T
}

export interface RegisteredType {
  readonly name: string
  readonly Class: abstract new (...args: never) => unknown
  readonly encode: (value: unknown) => unknown
  readonly decode: (data: unknown) => unknown
}

/**
 * Says how the instances of a class travel to other processes and back, for those that cannot travel by their fields:
 * because they hold something of the system, or because less would do. It need only be called on one side; the other
 * gets class and functions with the first instance.
 *
 * ```ts
 * registerType(Money, { encode: (money) => money.toString(), decode: Money.parse })
 * ```
 *
 * Instances of subclasses travel by it too, unless they are registered themselves.
 *
 * @throws ArgumentError `MC_ARGUMENT_INVALID` when something is no class or no function, an option is unknown, or the name
 * belongs to another class.
 */
export function registerType<T, D>(Class: abstract new (...args: never) => T, options: TypeOptions<T, D>): void {
  checkFunction('Class', Class)
  const { prototype } = Class as { readonly prototype?: unknown }
  if (typeof prototype !== 'object' || prototype === null) throw badArgument('Class', 'a class', Class)
  checkOptions('The second argument of registerType()', options, ['name', 'encode', 'decode'])
  checkFunction('options.encode', options?.encode)
  checkFunction('options.decode', options.decode)
  const { name = Class.name } = options
  if (typeof name !== 'string') throw badArgument('options.name', 'a text', name)
  const known = byName.get(name)
  if (name === '' || (known !== undefined && known.Class !== Class)) {
    throw new ArgumentError(
      name === ''
        ? 'registerType() needs options.name for a class without a name.'
        : `registerType() got a second class for the name '${name}'; give one of them another with options.name.`,
    )
  }
  addType({ name, Class, encode: options.encode, decode: options.decode } as RegisteredType)
}

/** How this value travels, when its class or one that it extends is registered. */
export function registeredTypeOf(value: object): RegisteredType | undefined {
  if (byPrototype.size === 0) return undefined
  for (let at: object | null = Object.getPrototypeOf(value); at !== null; at = Object.getPrototypeOf(at)) {
    const type = byPrototype.get(at)
    if (type !== undefined) return type
  }
  return undefined
}

export function typeNamed(name: string): RegisteredType | undefined {
  return byName.get(name)
}

export function addType(type: RegisteredType): void {
  byName.set(type.name, type)
  byPrototype.set(type.Class.prototype as object, type)
}

const byName = new Map<string, RegisteredType>()
const byPrototype = new Map<object, RegisteredType>()
