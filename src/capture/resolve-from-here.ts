/**
 * `import.meta.resolve`, as modules of manycore see it. In a file of its own, which is never joined with others: joined
 * files are CommonJS.
 */
export function resolveFromHere(specifier: string): string {
  return import.meta.resolve(specifier)
}
