/** A piece of the user's text and what replaces it. */
export type Edit = readonly [start: number, end: number, text: string]

/** Edits do not overlap; of two at one place, the one that was given first comes first. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  const ordered = edits.toSorted((a, b) => a[0] - b[0] || a[1] - b[1])
  let result = ''
  let at = 0
  for (const [start, end, replacement] of ordered) {
    result += text.slice(at, start) + replacement
    at = end
  }
  return result + text.slice(at)
}
