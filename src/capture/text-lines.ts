/** Start and end (exclusive). */
export type TextRange = readonly [start: number, end: number]

/** Offset of the first character of each line, with the line ends that V8 counts: `\n`, `\r\n`, `\r`, U+2028 and U+2029. */
export function lineStartsOf(text: string): readonly number[] {
  const starts = [0]
  LINE_END.lastIndex = 0
  while (LINE_END.test(text)) starts.push(LINE_END.lastIndex)
  return starts
}

const LINE_END = /\r\n|[\n\r\u2028\u2029]/g
