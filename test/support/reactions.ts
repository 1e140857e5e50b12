/** Counts how often somebody asks to be told when the promise settles. */
export function reactionsOf(promise: Promise<unknown>): { readonly count: number } {
  const reactions = { count: 0 }
  const then = promise.then.bind(promise)
  promise.then = ((...args: Parameters<typeof then>) => {
    reactions.count++
    return then(...args)
  }) as typeof then
  return reactions
}
