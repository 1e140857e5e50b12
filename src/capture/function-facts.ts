import type { ClassLayout } from './class-layout.ts'
import type { TextRange } from './text-lines.ts'

/** What the text of one function or class tells, all offsets being offsets into that text. Never changed after it is made: it is cached. */
export interface FunctionFacts {
  /** `Function.prototype.toString` of the function, the key of these facts. */
  readonly text: string
  readonly form: FunctionForm
  /** The name written in the text (`function f`, `class C`); undefined for arrows, methods and anonymous ones. */
  readonly name: string | undefined
  /** Its `length`: how many parameters stand in front of the first with a default and of the rest. */
  readonly arity: number
  readonly isAsync: boolean
  readonly isGenerator: boolean
  /** Strict by its own text: a class, or a 'use strict' directive of its own. Code around it may make it strict as well. */
  readonly isStrict: boolean
  /** Names used but not declared in the text, in order of first use. `arguments` is one of them only in an arrow. */
  readonly free: ReadonlyMap<string, FreeVariable>
  /** An arrow that uses the `this` of the code around it. */
  readonly usesThis: boolean
  /** An arrow that uses the `new.target` of the code around it. */
  readonly usesNewTarget: boolean
  /** An arrow or method that uses `super` of the object or class around it. */
  readonly usesSuper: boolean
  /** Direct `eval(…)` or `with`: names may be used that `free` does not list. */
  readonly hasEval: boolean
  /** Each `import.meta`. */
  readonly importMetas: readonly TextRange[]
  /** Offset of each `import(`. */
  readonly dynamicImports: readonly number[]
  /** Private names used, without `#`, that no class in the text declares. */
  readonly privateNames: ReadonlySet<string>
  /** For classes only. */
  readonly classLayout: ClassLayout | undefined
  /** For methods, getters and setters: how the key is written. */
  readonly key: MethodKey | undefined
  /** Offset of the position that V8 reports as the function's location: its `(`, or that of a class's constructor, or 0. */
  readonly anchor: number
}

/** `private` is a `#method` on its own. */
export type FunctionForm = 'arrow' | 'function' | 'class' | 'method' | 'getter' | 'setter' | 'private'

export interface FreeVariable {
  /** Every place it is named, in the order of the text as walked. */
  readonly references: readonly VariableReference[]
  /** It is assigned, updated, or a target of destructuring or of a loop. */
  readonly assigned: boolean
  /** The properties that are read as `name.property`. */
  readonly members: ReadonlySet<string>
  /** It is also used in another way than `name.property`. */
  readonly whole: boolean
}

export interface VariableReference {
  readonly start: number
  readonly end: number
  /** `shorthand`: `{ name }`; `call`: `name()` or a template tag, which must not get a `this` when rewritten; else `plain`. */
  readonly form: 'plain' | 'shorthand' | 'call'
}

export interface MethodKey {
  readonly computed: boolean
  /** The key itself, without the brackets of a computed one. */
  readonly range: TextRange
  /** An identifier that is not computed. */
  readonly simple: boolean
  /** Offset of the method's `(`. */
  readonly valueStart: number
}
