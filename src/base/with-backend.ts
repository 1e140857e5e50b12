import { ArgumentError } from './errors.ts'

/** The options of something that lives in threads. What is wrong with them is told by whoever checks them. */
export function withBackend<T extends object>(options: T, where: string): T & { readonly backend: 'thread' } {
  if (options === null || typeof options !== 'object') return options
  if ('backend' in options && options.backend !== undefined && options.backend !== 'thread') {
    throw new ArgumentError(`${where} lives in threads and takes no other backend.`)
  }
  return { ...options, backend: 'thread' }
}
