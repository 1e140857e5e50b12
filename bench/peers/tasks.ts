import { appendFileSync } from 'node:fs'

// What is run by the peers. Each takes one argument at most and uses nothing outside of itself but Node, because most
// peers find a function by its name in this file, and one sends the text of it.

export function nothing(): void {}

export function increment(n: number): number {
  return n + 1
}

export function echo(value: unknown): unknown {
  return value
}

export function lengthOf(array: Float64Array): number {
  return array.length
}

export function spin(ms: number): number {
  const end = performance.now() + ms
  while (performance.now() < end) continue
  return ms
}

export function fibonacci(n: number): number {
  return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2)
}

export function forever(): void {
  for (;;) continue
}

/** Leaves a line each time it runs; the one with `deadly` ends its worker, and with it the process or the thread. */
export function leaveTrace({ n, deadly, file }: Trace): number {
  appendFileSync(file, `${n}\n`)
  const end = performance.now() + 10
  while (performance.now() < end) continue
  // In a thread this ends the thread only; a process is killed as the system would do it.
  if (deadly === 'thread') process.exit(1)
  if (deadly === 'process') process.kill(process.pid, 'SIGKILL')
  while (deadly !== undefined) continue
  return n
}

export interface Trace {
  readonly n: number
  readonly deadly: 'thread' | 'process' | undefined
  readonly file: string
}
