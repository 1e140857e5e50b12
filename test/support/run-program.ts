import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { endWithTest, killFamily } from './end-with-test.ts'

/** The slowest program takes three seconds on an idle machine; one that takes this long hangs. */
const LIMIT_MS = 60_000

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
  /** Rejects when the program takes longer than its limit, after which all that it had started is ended. */
  readonly ended: Promise<Ran>
}

export interface ProgramOptions {
  readonly env?: NodeJS.ProcessEnv
  readonly execArgv?: readonly string[]
  readonly cwd?: string
  /** Run by the shell that starts the program, such as `ulimit -n 40`. */
  readonly shell?: string
  /** Leads a process group of its own. */
  readonly detached?: boolean
  readonly limitMs?: number
}

/**
 * Starts a compiled program of test/fixtures (or any path) in a Node of its own. It ends with the test that started it,
 * at the latest.
 */
export function startProgram(name: string, args: readonly string[] = [], options: ProgramOptions = {}): Running {
  const file = name.startsWith('/') ? name : fileURLToPath(new URL(`../fixtures/${name}.js`, import.meta.url))
  const { execArgv = [], cwd, shell, detached = false, limitMs = LIMIT_MS } = options
  const command = [process.execPath, ...execArgv, file, ...args]
  const [program = '', ...rest] =
    shell === undefined ? command : ['/bin/sh', '-c', `${shell}; exec "$@"`, 'sh', ...command]
  // Node's test runner tells its children through this that they are tests, which changes what they write.
  const { NODE_TEST_CONTEXT: _, ...env } = { ...process.env, ...options.env }
  const child = endWithTest(spawn(program, rest, { env, cwd, detached, stdio: ['ignore', 'pipe', 'pipe'] }))
  let stdout = ''
  let stderr = ''
  const watchers = new Set<() => void>()
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    for (const watch of watchers) watch()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const ended = new Promise<Ran>((resolve, reject) => {
    const limit = setTimeout(() => {
      const told = `stdout:\n${stdout}\nstderr:\n${stderr}`
      reject(
        new Error(`${name} ${args.join(' ')} had not ended after ${limitMs} ms, and was killed. It wrote to ${told}`),
      )
      killFamily(child)
    }, limitMs)
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearTimeout(limit)
      resolve({ stdout, stderr, code, signal })
    })
  })
  // Whoever waits for what it writes only is told by `seen`.
  ended.catch(() => {})
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
