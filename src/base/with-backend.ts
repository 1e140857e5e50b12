import { checkRecord } from './argument.ts'
import { ArgumentError } from './errors.ts'

/** The options of something that lives in threads. What else is wrong with them is told by whoever checks them. */
export function withBackend<T extends object>(options: T, where: string): T & { readonly backend: 'thread' } {
  checkRecord(`The argument of new ${where}()`, 'an object', options)
  if ('backend' in options && options.backend !== undefined && options.backend !== 'thread') {
    throw new ArgumentError(`${where} lives in threads and takes no other backend.`)
  }
  return { ...options, backend: 'thread' }
}
