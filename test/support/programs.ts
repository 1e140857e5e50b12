import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { textOf } from './workers.js'

export interface ProgramEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface ProgramOptions {
  /** Run by the shell that starts the program, such as `ulimit -n 40`. */
  readonly shell?: string
  readonly execArgv?: readonly string[]
  readonly env?: NodeJS.ProcessEnv
}

/** Runs a program of test/fixtures to its end. */
export async function runFixture(
  name: string,
  args: readonly string[] = [],
  options: ProgramOptions = {},
): Promise<ProgramEnd> {
  const file = fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url))
  const command = [process.execPath, ...(options.execArgv ?? []), file, ...args]
  const [program, ...rest] = ['/bin/sh', '-c', `${options.shell ?? ':'}; exec "$@"`, 'sh', ...command] as [
    string,
    ...string[],
  ]
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...options.env } })
  const [stdout, stderr, [code, signal]] = await Promise.all([
    textOf(child.stdout),
    textOf(child.stderr),
    once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>,
  ])
  return { code, signal, stdout, stderr }
}
