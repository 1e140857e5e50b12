import type { Identifier, Node } from 'acorn'
import type { Scope } from './scope.ts'

/** What a walk over code with its scopes tells; see {@link file://./scope-walker.ts}. */
export interface ScopeListener {
  /** A name is used; `scope.resolve(id.name)` finds what it means. Declaring a name is no use of it. */
  reference(id: Identifier, scope: Scope, use: ReferenceUse): void
  /** `this` of the code around the root function. */
  outerThis?(): void
  /** `new.target` of the code around the root function. */
  outerNewTarget?(): void
  importMeta?(node: Node): void
  dynamicImport?(node: Node): void
  /** A private name, without its `#`, that no class in the walked code declares. */
  outerPrivateName?(name: string): void
  /** Direct `eval` or `with`. */
  dynamicScope?(): void
}

export interface ReferenceUse {
  readonly form: 'plain' | 'shorthand' | 'call'
  /** `initial`: the initialiser of a `var` outside of any loop; `assign`: every other way to give a value. */
  readonly write: 'none' | 'initial' | 'assign'
  /** The property, when the use is `name.property`. */
  readonly member: string | undefined
}
