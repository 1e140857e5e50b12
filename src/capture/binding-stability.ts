import { LruCache } from './lru.ts'
import { type ModuleFacts, moduleTree } from './module-facts.ts'
import type { Binding, Scope } from './scope.ts'
import type { ScopeListener } from './scope-listener.ts'
import { ScopeWalker } from './scope-walker.ts'

/**
 * Whether a variable that the function at `offset` captures never gets another value once it is initialised: nothing in
 * the module's source assigns it. False when that cannot be told. A variable that is not initialised yet (reading it
 * throws, or gives undefined) may still change once. An import is stable here, but its own module may reassign it.
 *
 * `offset` is that of V8's function location. Ask only for variables of module, closure, block and catch scopes:
 * those of `Script` and `Global` scopes belong to every script.
 */
export function bindingIsStable(facts: ModuleFacts, offset: number, name: string): boolean {
  const binding = bindingAt(facts, offset, name)
  return binding !== undefined && !binding.scope.isDynamic && isNeverReassigned(binding, name)
}

/** What a name means in the function at an offset; undefined for globals and where the source could not be parsed. */
export function bindingAt(facts: ModuleFacts, offset: number, name: string): Binding | undefined {
  const top = scopesOf(facts)
  return top && innermostAt(top, offset).resolve(name)
}

/** Whether the code at an offset is strict, by a directive or class around it; false where the source could not be parsed. */
export function isStrictAt(facts: ModuleFacts, offset: number): boolean {
  const top = scopesOf(facts)
  return top !== undefined && innermostAt(top, offset).isStrict
}

/** The offset in front of every function, where only what stands at the top can be seen. */
export const AT_TOP = -1

/** Bound: the scopes of the last 8 sources, of 8 M characters together. */
const analyses = new LruCache<ModuleFacts, Scope>(8, 8_000_000)

function scopesOf(facts: ModuleFacts): Scope | undefined {
  const known = analyses.get(facts)
  if (known) return known
  const tree = moduleTree(facts)
  if (!tree) return undefined
  const top = new ScopeWalker(new WriteCounter()).program(tree, facts.isModule)
  analyses.set(facts, top, facts.source.length + 1)
  return top
}

/** A write that may come after another value: an assignment anywhere, or an initialiser that may run more than once. */
const REASSIGNED = 2

class WriteCounter implements ScopeListener {
  reference(...[id, scope, { write }]: Parameters<ScopeListener['reference']>): void {
    const binding = scope.resolve(id.name)
    if (!binding) return
    if (write === 'assign') binding.writes += REASSIGNED
    // Naming `arguments` counts too: in sloppy functions it writes to the parameters.
    else if (write === 'initial' || binding.kind === 'implicit') binding.writes++
  }
}

/** Ranges nest and stand in the order of the text. */
function innermostAt(top: Scope, offset: number): Scope {
  let scope = top
  for (
    let next: Scope | undefined = scope;
    next;
    next = scope.inner.find(({ start, end }) => start <= offset && offset < end)
  )
    scope = next
  return scope
}

function isNeverReassigned(binding: Binding, name: string): boolean {
  switch (binding.kind) {
    case 'name':
      return true
    case 'var':
      // A `var` of a parameter's name is that parameter with its value.
      return isParameter(binding.scope.parent, name)
        ? binding.writes === 0 && !isAliased(binding.scope.parent)
        : binding.writes < REASSIGNED
    case 'parameter':
      return binding.writes === 0 && !isAliased(binding.scope)
    case 'implicit':
      return false
    default:
      return binding.writes === 0
  }
}

function isParameter(scope: Scope | undefined, name: string): boolean {
  return scope?.bindings.get(name)?.kind === 'parameter'
}

/** The `arguments` object of a sloppy function shares its elements with the parameters. */
function isAliased(scope: Scope | undefined): boolean {
  const own = scope?.bindings.get('arguments')
  return scope !== undefined && !scope.isStrict && own !== undefined && own.writes > 0
}
