import { checkOptions, takeOptions } from './argument.ts'
import { ArgumentError } from './errors.ts'

/** The options of something that lives in threads. What else is wrong with them is told by whoever checks them. */
export function withBackend<T extends object>(
  given: T,
  where: string,
  known: readonly string[],
): T & { readonly backend: 'thread' } {
  checkOptions(`The argument of new ${where}()`, given, known)
  const options = takeOptions(given, known as readonly (keyof T)[])
  if ('backend' in options && options.backend !== undefined && options.backend !== 'thread') {
    throw new ArgumentError(`${where} lives in threads and takes no other backend.`)
  }
  return { ...options, backend: 'thread' }
}
