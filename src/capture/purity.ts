/**
 * When running a function again cannot be noticed from outside, or undefined when that cannot be told from its text.
 * The answer holds for arguments that are plain data: no accessors, proxies or conversion methods of their own.
 */
export function purityOf(text: string): Purity | undefined {
  return text === '' ? { constants: new Set(), calls: new Set(), intrinsics: new Set() } : undefined
}

/** What the caller must still check, with the captured values at hand, before a function counts as pure. */
export interface Purity {
  /** Free variables that are read: each must hold a primitive or plain data (arrays and objects without accessors). */
  readonly constants: ReadonlySet<string>
  /** Free variables that are called: each must hold a function that is pure itself (the function itself counts as such). */
  readonly calls: ReadonlySet<string>
  /** Global names that must mean the intrinsic object of that name, that is, no scope of the function declares them. */
  readonly intrinsics: ReadonlySet<string>
}
