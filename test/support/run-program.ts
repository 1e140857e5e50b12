import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export interface Ran {
  readonly stdout: string
  readonly stderr: string
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface Running {
  readonly child: ChildProcess
  /** Resolves with the first match in what the program has written to stdout, and rejects when it ends without one. */
  seen(pattern: RegExp): Promise<RegExpExecArray>
  readonly ended: Promise<Ran>
}

/** Starts a compiled program of test/fixtures (or any path) in a Node of its own. */
export function startProgram(
  name: string,
  args: readonly string[] = [],
  options: { readonly env?: NodeJS.ProcessEnv; readonly execArgv?: readonly string[]; readonly cwd?: string } = {},
): Running {
  const file = name.startsWith('/') ? name : fileURLToPath(new URL(`../fixtures/${name}.js`, import.meta.url))
  // Node's test runner tells its children through this that they are tests, which changes what they write.
  const { NODE_TEST_CONTEXT: _, ...env } = { ...process.env, ...options.env }
  const child = spawn(process.execPath, [...(options.execArgv ?? []), file, ...args], {
    env,
    cwd: options.cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  const watchers = new Set<() => void>()
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    for (const watch of watchers) watch()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const ended = new Promise<Ran>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ stdout, stderr, code, signal }))
  })
  const seen = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const match = pattern.exec(stdout)
        if (match === null) return
        watchers.delete(look)
        resolve(match)
      }
      watchers.add(look)
      look()
      ended.then(() => {
        if (watchers.has(look)) reject(new Error(`${name} never wrote ${String(pattern)}:\n${stdout}\n${stderr}`))
      }, reject)
    })
  return { child, seen, ended }
}

/** Runs a program to its end. */
export function runProgram(...args: Parameters<typeof startProgram>): Promise<Ran> {
  return startProgram(...args).ended
}
