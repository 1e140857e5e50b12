/** A URL without its query, by which loaders and test runners tell versions of one file apart. */
export function bareUrl(url: string): string {
  return url.split('?', 1)[0] ?? url
}

/** Without its ending: `./x.js` may stand for x.ts, and a loader may take what is called `.js` for a `.ts`. */
export function stem(url: string): string {
  return url.replace(/\.[cm]?[jt]sx?$/, '')
}

/** Whether a specifier names a file rather than a package or a builtin module. */
export function isOfFile(specifier: string): boolean {
  return /^[./]|^file:/.test(specifier)
}
