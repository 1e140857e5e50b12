/**
 * Whether a function that is no `function` could tell strict from sloppy code by what it does. Only where nothing in its
 * text can mind is this false: it assigns and deletes nothing, has no `this` and no function of its own kind with
 * one, and uses no word and no literal that is read differently. What is in comments and texts counts as well.
 */
export function mindsStrictness(text: string): boolean {
  return MINDED.test(text)
}

// An assignment (but not `=>`, `==`, `<=`), `++`, `--`, a backslash (octal escapes, names written with it), an octal number.
const MINDED =
  /(?<![=!<>])=(?![=>])|(?:<<|>>)=|\+\+|--|\\|\b0\d|\b(?:this|super|function|eval|arguments|caller|callee|delete|with|for|let|static|yield|implements|interface|package|private|protected|public)\b/
