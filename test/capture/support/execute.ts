import { execFile } from 'node:child_process'

export interface Execution {
  readonly cwd: string
  readonly env?: NodeJS.ProcessEnv
  readonly input?: string | undefined
  /** Its standard input stays open: the REPL ends with it, whatever is still running. */
  readonly endsItself?: boolean
}

/** Runs a program to its end and gives what it wrote to stdout; rejects, with all it wrote, when it failed. */
export function execute(
  binary: string,
  args: readonly string[],
  { cwd, env, input = '', endsItself = false }: Execution,
): Promise<string> {
  return new Promise((resolve, reject) => {
    // A test runner's own variables would make the child report to it.
    const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: __, ...inherited } = process.env
    const options = {
      cwd,
      env: { ...inherited, ...env },
      timeout: 110_000,
      killSignal: 'SIGKILL' as const,
      maxBuffer: 10_000_000,
    }
    const child = execFile(binary, args, options, (error, stdout, stderr) => {
      if (error) reject(new Error(`${args.join(' ').slice(0, 200)} failed:\n${stdout}\n${stderr}`))
      else resolve(stdout)
    })
    if (endsItself) child.stdin?.write(`${input}\n`)
    else child.stdin?.end(input)
  })
}
