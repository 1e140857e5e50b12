import { fileURLToPath } from 'node:url'

/**
 * A stack, or a text with stacks, without the frames of manycore itself: they say nothing about what went wrong in the
 * user's program. One that has no others stays as it is.
 */
export function withoutOwnFrames(text: string): string {
  const kept: string[] = []
  for (const line of text.split('\n')) {
    if (!isOwnFrame(line) && !COLLAPSED.test(line)) kept.push(line)
    // The brace behind the last frame opens the list of the error's fields.
    else if (line.endsWith(' {')) kept.push(`${kept.pop() ?? ''} {`)
  }
  return kept.some(isFrame) ? kept.join('\n') : text
}

export function isOwnFrame(line: string): boolean {
  if (!isFrame(line)) return false
  ownFolders ??= findOwnFolders()
  return ownFolders.some((folder) => line.includes(folder))
}

/** Node's `inspect` leaves out what an error has in common with its cause: frames of who called both. */
const COLLAPSED = /^\s+\.\.\. \d+ lines matching cause stack trace \.\.\.$/

let ownFolders: readonly string[] | undefined

function isFrame(line: string): boolean {
  return /^\s+at /.test(line)
}

// With source maps the frames stand in src/, which lies beside dist/.
function findOwnFolders(): string[] {
  const urls = [new URL('../', import.meta.url), new URL('../../src/', import.meta.url)]
  return urls.flatMap((url) => (url.protocol === 'file:' ? [url.href, fileURLToPath(url)] : [url.href]))
}
