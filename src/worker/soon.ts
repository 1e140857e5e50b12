/** When something is done; nothing when it was done at once. */
export type Soon = Promise<void> | undefined

/** Goes on when something is done: at once, where it is. */
export function after(soon: Soon, next: () => Soon): Soon {
  return soon === undefined ? next() : soon.then(next)
}
